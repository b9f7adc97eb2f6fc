#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""json_check DIR: is standard input one answer as its schema in DIR says, and would a wrong one
be noticed?

The answer's member "schema" names the file. Where the answer is right, broken twins of it are
made: each required member left out, each value of another type. All of them must be refused, and
a twin with members that the schema does not know must be taken. Prints the schema's name.
"""
import copy
import json
import pathlib
import sys

import jsonschema


def no_duplicates(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("an object has a member twice")
    return dict(pairs)


def resolve(schema, root):
    return root["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def places(schema, value, path, root):
    """Each (schema, value, path) within the answer; of a list, its first item."""
    schema = resolve(schema, root)
    yield schema, value, path
    if isinstance(value, dict):
        for key, part in schema.get("properties", {}).items():
            if key in value:
                yield from places(part, value[key], path + [key], root)
    elif isinstance(value, list) and value and "items" in schema:
        yield from places(schema["items"], value[0], path + [0], root)


def changed(answer, path, change):
    """A copy in which change(container, key) was done at path."""
    twin = copy.deepcopy(answer)
    at = twin
    for key in path[:-1]:
        at = at[key]
    change(at, path[-1])
    return twin


def of_another_type(value):
    return ["7"] if not isinstance(value, list) else {"7": 7}


def bad_twins(schema, answer):
    for part, value, path in places(schema, answer, [], schema):
        for key in part.get("required", []):
            yield f"without {path + [key]}", changed(answer, path + [key],
                                                     lambda at, k: at.pop(k))
        if path:
            yield f"with another type at {path}", changed(
                answer, path, lambda at, k, v=value: at.__setitem__(k, of_another_type(v)))


def bigger_twin(schema, answer):
    twin = copy.deepcopy(answer)
    for part, _, path in places(schema, answer, [], schema):
        at = twin
        for key in path:
            at = at[key]
        if isinstance(at, dict) and "additionalProperties" not in part:
            at["member of a later version"] = [1]
    return twin


def main():
    answer = json.load(sys.stdin, object_pairs_hook=no_duplicates)
    name = answer["schema"]
    path = pathlib.Path(sys.argv[1]) / f"{name}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for error in validator.iter_errors(answer):
        print(f"{name}: {list(error.absolute_path)}: {error.message}")
        return 1
    count = 0
    for what, twin in bad_twins(schema, answer):
        count += 1
        if validator.is_valid(twin):
            print(f"{name}: a twin {what} would pass")
            return 1
    if not validator.is_valid(bigger_twin(schema, answer)):
        print(f"{name}: a twin with more members would not pass")
        return 1
    print(f"{name} is right, {count} broken twins are not")
    return 0


if __name__ == "__main__":
    sys.exit(main())
