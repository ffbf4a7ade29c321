"""Kafka Connect's values in Avro, as io.confluent.connect.avro.AvroData makes them, by fastavro: schemas and payloads
of JsonConverter in, Avro schemas and values out. Knows nothing of walferry's own Avro."""
import base64
import io
import json
import re

import fastavro

PRIMITIVES = {"boolean": "boolean", "int8": "int", "int16": "int", "int32": "int", "int64": "long", "float": "float",
              "float32": "float", "double": "double", "float64": "double", "string": "string", "bytes": "bytes"}
DECIMAL = "org.apache.kafka.connect.data.Decimal"
LOGICAL = {"org.apache.kafka.connect.data.Date": "date", "org.apache.kafka.connect.data.Time": "time-millis",
           "org.apache.kafka.connect.data.Timestamp": "timestamp-millis"}


def mangled(name):
    """As Debezium's naming mode `avro`."""
    name = re.sub(r"[^A-Za-z0-9_]", lambda found: "_" * (len(found[0].encode("utf-16-le")) // 2), name)
    return "_" + name if name[:1].isdigit() else name


def full_name(name):
    return ".".join(mangled(part) for part in name.split("."))


class Schemas:
    """One Avro schema of one Connect schema; `names`: fields say which column they are of."""

    def __init__(self, names=False):
        self.names = names
        self.known = set()

    def avro(self, schema):
        made = self.base(schema)
        if not schema.get("optional"):
            return made
        return ["null", made] if "default" not in schema else [made, "null"]

    def base(self, schema):
        kind = schema["type"]
        made = {}
        if kind == "struct":
            full = full_name(schema.get("name", "io.confluent.connect.avro.ConnectDefault"))
            if full in self.known:
                return full
            self.known.add(full)
            space, _, name = full.rpartition(".")
            made = {"type": "record", "name": name, "namespace": space,
                    "fields": [self.field(field) for field in schema["fields"]]}
        elif kind == "array":
            made = {"type": "array", "items": self.avro(schema["items"])}
        elif kind == "map" and schema["keys"]["type"] == "string" and not schema["keys"].get("optional"):
            made = {"type": "map", "values": self.avro(schema["values"])}
        elif kind == "map":
            entry = {"type": "record", "name": "MapEntry", "namespace": "io.confluent.connect.avro",
                     "fields": [{"name": "key", "type": self.avro(schema["keys"])},
                                {"name": "value", "type": self.avro(schema["values"])}]}
            made = {"type": "array", "items": entry}
        else:
            made = {"type": PRIMITIVES[kind]}
        parameters = schema.get("parameters")
        if schema.get("name") == DECIMAL:
            made["scale"] = int(parameters["scale"])
            made["precision"] = int(parameters.get("connect.decimal.precision", 64))
        for key in ("doc", "version", "name"):
            if key in schema:
                made["connect." + key] = full_name(schema[key]) if key == "name" else schema[key]
        if parameters:
            made["connect.parameters"] = parameters
        if "default" in schema and kind != "struct":
            made["connect.default"] = avro_default(schema)
        if kind in ("int8", "int16"):
            made["connect.type"] = kind
        if schema.get("name") == DECIMAL and 0 <= made["scale"] <= made["precision"]:
            made["logicalType"] = "decimal"
        if schema.get("name") in LOGICAL:
            made["logicalType"] = LOGICAL[schema["name"]]
        return made["type"] if list(made) == ["type"] else made

    def field(self, schema):
        name = schema["field"]
        if self.names and name != mangled(name) and schema["type"] != "struct":
            schema = {**schema, "parameters": {**schema.get("parameters", {}), "__debezium.source.column.name": name}}
        made = {"name": mangled(name), "type": self.avro(schema)}
        if "default" in schema and schema["type"] != "struct":
            made["default"] = avro_default(schema)
        elif schema.get("optional"):
            made["default"] = None
        return made


def avro_default(schema):
    value = schema["default"]
    return base64.b64decode(value).decode("latin-1") if schema["type"] == "bytes" else value


def avro_value(schema, value):
    """The payload of JsonConverter as fastavro wants it."""
    kind = schema["type"]
    if value is None:
        return None
    if kind == "struct":
        return {mangled(field["field"]): avro_value(field, value[field["field"]]) for field in schema["fields"]}
    if kind == "array":
        return [avro_value(schema["items"], item) for item in value]
    if kind == "map":
        return {key: avro_value(schema["values"], item) for key, item in value.items()}
    if kind == "bytes":
        return base64.b64decode(value)
    if kind in ("float", "float32", "double", "float64"):
        return float(value)
    return value


def physical(schema):
    """Without logical types: values are what is in the bytes."""
    if isinstance(schema, list):
        return [physical(part) for part in schema]
    if isinstance(schema, dict):
        return {key: physical(part) for key, part in schema.items() if key not in ("logicalType", "scale", "precision")}
    return schema


def encode(avro, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(physical(avro)), value)
    return out.getvalue()


def decode(avro, body):
    """As its bytes say, and once more with logical types, which have to be readable as well."""
    values = []
    for schema in (physical(avro), avro):
        stream = io.BytesIO(body)
        values.append(fastavro.schemaless_reader(stream, fastavro.parse_schema(schema), None))
        if stream.tell() != len(body):
            raise ValueError("bytes are left")
    return values[0]


class Registry:
    """Schemas by the ids that they got."""

    def __init__(self):
        self.ids = {}

    def id_of(self, text):
        return self.ids.setdefault(text, len(self.ids) + 1)

    def record(self, document, names):
        """{"schema", "payload"} in Confluent's wire format."""
        if document is None or document.get("schema") is None:
            return None
        avro = Schemas(names).avro(document["schema"])
        number = self.id_of(json.dumps(avro))
        return b"\0" + number.to_bytes(4, "big") + encode(avro, avro_value(document["schema"], document["payload"]))
