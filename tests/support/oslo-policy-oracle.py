"""Answers as oslo.policy does: reads a JSON object of questions, writes a JSON list of outcomes.

{"rules": {name: rule}, "default": name, "questions": [[name, credentials, target], ...]}
"""
import json
import logging
import sys

from oslo_config import cfg
from oslo_policy import policy

logging.disable(logging.CRITICAL)
asked = json.load(sys.stdin)
conf = cfg.ConfigOpts()
conf([], project='oracle', default_config_files=[], default_config_dirs=[])
enforcer = policy.Enforcer(conf, use_conf=False, default_rule=asked['default'])
enforcer.set_rules(policy.Rules.from_dict(asked['rules'], asked['default']), overwrite=True, use_conf=False)
outcomes = [bool(enforcer.enforce(rule, target, credentials)) for rule, credentials, target in asked['questions']]
json.dump(outcomes, sys.stdout)
