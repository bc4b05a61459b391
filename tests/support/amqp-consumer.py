"""Reads notifications as a service of OpenStack does, with pika, and writes each message as a line of JSON.

Arguments: host, port and the queues. It declares nothing, comes back when the broker does, and acknowledges a message
only after it has written it.
"""

import json
import sys
import time

import pika

HOST, PORT, QUEUES = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def take(channel, method, properties, body):
    line = {
        "exchange": method.exchange,
        "routing_key": method.routing_key,
        "content_type": properties.content_type,
        "content_encoding": properties.content_encoding,
        "delivery_mode": properties.delivery_mode,
        "correlation_id": properties.correlation_id,
        "body": body.decode("utf-8"),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    channel.basic_ack(method.delivery_tag)


def listen():
    parameters = pika.ConnectionParameters(HOST, PORT, heartbeat=0)
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    waiting = set(QUEUES)
    while waiting:
        for queue in sorted(waiting):
            probe = connection.channel()
            try:
                probe.queue_declare(queue, passive=True)
            except pika.exceptions.ChannelClosedByBroker:
                continue
            probe.close()
            channel.basic_consume(queue, take)
            waiting.discard(queue)
        connection.process_data_events(time_limit=0.1)
    channel.start_consuming()


while True:
    try:
        listen()
    except pika.exceptions.AMQPError:
        time.sleep(0.2)
