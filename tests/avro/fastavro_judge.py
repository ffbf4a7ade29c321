"""fastavro beside walferry's own Avro.

fastavro_judge.py read FILE       lines of {"schema", "avro", "connect"}: reads the bytes (hexadecimal) by the Avro schema, and
                                  compares with the payload of JsonConverter that is to be in them; prints what differs
fastavro_judge.py write IN OUT    recorded events with schemas (…jsonl.gz), written as an AvroConverter would; the first
                                  line of OUT has the schemas by their ids
"""
import gzip
import json
import math
import struct
import sys

import connect_avro


def same(kind, theirs, ours):
    if isinstance(theirs, float) and isinstance(ours, float):
        if math.isnan(theirs) or math.isnan(ours):
            return math.isnan(theirs) and math.isnan(ours)
        return struct.pack("f", theirs) == struct.pack("f", ours) if kind == "float" else theirs == ours
    return type(theirs) is type(ours) and theirs == ours


def differences(schema, expected, found, path):
    if expected is None or found is None:
        return [] if expected is found else [f"{path}: {expected!r} expected, {found!r} found"]
    kind = schema["type"]
    if kind == "struct":
        if list(found) != list(expected):
            return [f"{path}: fields {list(expected)} expected, {list(found)} found"]
        return [line for field, name in zip(schema["fields"], expected)
                for line in differences(field, expected[name], found[name], f"{path}.{name}")]
    if kind == "array" and len(expected) == len(found):
        return [line for one, other in zip(expected, found)
                for line in differences(schema["items"], one, other, path + "[]")]
    return [] if same(kind, expected, found) else [f"{path}: {expected!r} expected, {found!r} found"]


def read(name):
    count = 0
    for line in open(name, encoding="utf-8"):
        record = json.loads(line)
        connect = record["connect"]
        found = connect_avro.decode(json.loads(record["schema"]), bytes.fromhex(record["avro"]))
        expected = connect_avro.avro_value(connect["schema"], connect["payload"])
        for difference in differences(connect["schema"], expected, found, record["topic"]):
            print(difference)
        count += 1
    print(f"{count} records read")


def write(source, target):
    registry, lines = connect_avro.Registry(), []
    for line in gzip.open(source, "rt", encoding="utf-8"):
        record = json.loads(line)
        for part in ("key", "value"):
            body = registry.record(json.loads(record[part]) if record[part] else None, names=True)
            record[part] = body.hex() if body is not None else None
        lines.append(record)
    with open(target, "w", encoding="utf-8") as out:
        out.write(json.dumps({number: text for text, number in registry.ids.items()}) + "\n")
        out.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
