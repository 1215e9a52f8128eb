#!/usr/bin/env python3
"""Writes, beside itself, a file of scalars by TensorBoard's own classes, and what TensorBoard reads in it.

    python3 events.py [FILE]

events.out.tfevents.1700000000.host   the file: TensorBoard's records of TensorBoard's protocol buffers.
events.txt                            tag, step, wall time and value of each point, separated by tabs.

With FILE, it only prints what TensorBoard reads in that one.

Written with TensorBoard 2.21.0 and protobuf 7.36.2.
"""
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

here = pathlib.Path(__file__).parent
start = 1700000000.25
points = [("loss/train", epoch, start + epoch, 1 / (1 + epoch)) for epoch in range(4)]
points += [
    ("accuracy", 1, start, 0.0),
    ("accuracy", 2, start, 1.0),
    ("accuracy", -1, start, -0.0),
    ("größe/α", 2**40, start, 1e-30),
    ("tag/" * 40, 3, start, 3.4e38),
    ("not finite", 1, start, float("nan")),
    ("not finite", 2, start, float("inf")),
    ("not finite", 3, start, float("-inf")),
    ("clock", 1, 0.0, 0.1),
]


def read(path):
    """All points of a file, by the loader of its records and by what TensorBoard's server keeps of them."""
    events = list(LegacyEventFileLoader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2"
    found = [(v.tag, e.step, e.wall_time, v.simple_value) for e in events[1:] for v in e.summary.value]
    accumulator = EventAccumulator(str(path))
    accumulator.Reload()
    for tag in {tag for tag, *_ in found}:
        kept = [(s.step, s.wall_time, repr(s.value)) for s in accumulator.Scalars(tag)]
        assert kept == [(step, time, repr(value)) for t, step, time, value in found if t == tag], tag
    return "".join(f"{tag}\t{step}\t{time!r}\t{value!r}\n" for tag, step, time, value in found)


if len(sys.argv) > 1:
    print(read(sys.argv[1]), end="")
else:
    path = here / "events.out.tfevents.1700000000.host"
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=start, file_version="brain.Event:2").SerializeToString())
        for tag, step, time, value in points:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.write(Event(wall_time=time, step=step, summary=summary).SerializeToString())
    (here / "events.txt").write_text(read(path))
