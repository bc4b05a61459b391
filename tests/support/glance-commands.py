"""Runs the commands of Debian's `glance` that come as lines of JSON, all in one process.

Each command goes through the program's own entry point, as a fresh start of it would; only the imports, which take most of
its time, happen once. Standard input is closed for the commands, as it is in a cron job.
"""
import contextlib
import io
import json
import logging
import sys

from glanceclient import shell


def run(args):
    stdout, stderr = io.StringIO(), io.StringIO()
    sys.argv = ['glance', *args]
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            status = shell.main()
        except SystemExit as end:
            status = end.code
    # The program adds a handler at every start.
    logging.getLogger('glanceclient').handlers.clear()
    if isinstance(status, str):
        stderr.write(status)
    return {
        'status': 1 if isinstance(status, str) else int(status or 0),
        'stdout': stdout.getvalue(),
        'stderr': stderr.getvalue(),
    }


commands, answers = sys.stdin, sys.stdout
sys.stdin = None
for line in commands:
    answers.write(json.dumps(run(json.loads(line))) + '\n')
    answers.flush()
