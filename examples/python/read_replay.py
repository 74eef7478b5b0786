"""Reads a replay file (.mcap) with nothing but Python's own library: the return and the spikes of every episode.

    python3 read_replay.py episode.mcap

`messages` gives (topic, {field number: value}); docs/replay-files.md says what the numbers are.
"""
import struct
import sys


def records(data, at):
    while at + 9 <= len(data) and data[at : at + 5] != b"\x89MCAP":
        opcode, length = struct.unpack_from("<BQ", data, at)
        yield opcode, data[at + 9 : at + 9 + length]
        at += 9 + length


def fields(data):
    """Protocol buffers by hand: numbers and bytes by field number."""
    at, out = 0, {}

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            out[key >> 3] = varint()
        elif key & 7 == 1:
            (out[key >> 3],) = struct.unpack_from("<d", data, at)
            at += 8
        else:
            length = varint()
            out[key >> 3] = data[at : at + length]
            at += length
    return out


def messages(data, at=8, topics=None):
    topics = {} if topics is None else topics
    for opcode, record in records(data, at):
        if opcode == 4:  # channel: id, schema, topic
            number, _, length = struct.unpack_from("<HHI", record)
            topics[number] = record[8 : 8 + length].decode()
        elif opcode == 6:  # chunk of records, not compressed
            (length,) = struct.unpack_from("<I", record, 28)
            yield from messages(record, 40 + length, topics)
        elif opcode == 5:  # message: channel, sequence, two times, data
            yield topics[struct.unpack_from("<H", record)[0]], fields(record[22:])


if __name__ == "__main__":
    returns, spikes, episode = {}, {}, 0
    for topic, message in messages(open(sys.argv[1], "rb").read()):
        if topic == "/step":
            episode = message.get(2, 0)
            returns[episode] = returns.get(episode, 0) + message.get(12, 0)
        elif topic.startswith("/spikes/"):
            count = sum(bin(byte).count("1") for byte in message[4])
            spikes[episode] = spikes.get(episode, 0) + count
    for episode in returns:
        print(f"episode {episode}: return {returns[episode]:.2f}, {spikes.get(episode, 0)} spikes")
