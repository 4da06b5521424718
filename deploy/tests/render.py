"""Renders a kustomization into its objects: the part of kustomize that deploy/kubernetes uses, and an error for any other.

So the manifests are checked where there is no kubectl; where there is one, a test compares the two. The one difference is
the hash that kustomize adds to the names of generated maps, which nothing here depends on.
"""

import base64
import copy
import json
from pathlib import Path

import yaml

API = "kustomize.config.k8s.io/v1beta1"
KNOWN = {
    "apiVersion", "kind", "resources", "namespace", "nameSuffix", "labels", "patches", "images",
    "configMapGenerator", "secretGenerator", "generatorOptions",
}
WITHOUT_NAMESPACE = {"Namespace", "PersistentVolume"}


class RenderError(Exception):
    """What a kustomization asks for is not understood, or not there."""


def render(directory):
    """The objects of a directory with a kustomization.yaml, or of one file."""
    path = Path(directory)
    if path.is_file():
        # By way of JSON, so that what the file says once and uses twice is not one object.
        return json.loads(json.dumps([each for each in yaml.safe_load_all(path.read_text()) if each]))
    what = yaml.safe_load((path / "kustomization.yaml").read_text())
    if what.get("apiVersion") != API or set(what) - KNOWN:
        raise RenderError(f"{path}: not understood: {sorted(set(what) - KNOWN) or what.get('apiVersion')}")
    objects = [each for resource in what.get("resources", []) for each in render(path / resource)]
    objects += [config_map(path, each) for each in what.get("configMapGenerator", [])]
    objects += [secret(path, each) for each in what.get("secretGenerator", [])]
    for each in what.get("patches", []):
        patch(objects, each)
    for each in objects:
        place(each, what)
    return objects


def place(each, what):
    """Namespace, names, labels and images of a kustomization on one object."""
    if "namespace" in what and each["kind"] not in WITHOUT_NAMESPACE:
        each["metadata"]["namespace"] = what["namespace"]
    if each["kind"] not in WITHOUT_NAMESPACE:
        each["metadata"]["name"] += what.get("nameSuffix", "")
    for labels in what.get("labels", []):
        label(each, labels["pairs"], labels.get("includeSelectors", False))
    for image in what.get("images", []):
        for container in containers(each):
            if container["image"] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"


def label(each, pairs, in_selectors):
    """Labels on an object, and on what it selects and makes where that is asked for."""
    targets = [each["metadata"]]
    if in_selectors:
        spec = each["spec"]
        if each["kind"] == "Service":
            spec["selector"].update(pairs)
        else:
            spec["selector"]["matchLabels"].update(pairs)
            targets += [spec["template"]["metadata"]]
            targets += [claim["metadata"] for claim in spec.get("volumeClaimTemplates", [])]
    for target in targets:
        target.setdefault("labels", {}).update(pairs)


def contents(path, generator):
    """Names and bytes of a generated map."""
    for file in generator.get("files", []):
        name, _, source = file.rpartition("=")
        if ".." in Path(source).parts:
            raise RenderError(f"{path}: {source} lies outside: kustomize refuses it")
        yield name or Path(source).name, (path / source).read_bytes()
    for literal in generator.get("literals", []):
        name, _, value = literal.partition("=")
        yield name, value.encode()


def generated(kind, generator):
    metadata = {key: generator[key] for key in ("name", "namespace") if key in generator}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


def config_map(path, generator):
    data = {name: value.decode() for name, value in contents(path, generator)}
    return generated("ConfigMap", generator) | {"data": data}


def secret(path, generator):
    data = {name: base64.b64encode(value).decode() for name, value in contents(path, generator)}
    return generated("Secret", generator) | {"data": data, "type": "Opaque"}


def patch(objects, what):
    """A JSON patch (RFC 6902, add and replace) on the objects of a kind, or on the one of that name."""
    target = what["target"]
    matching = [
        each for each in objects
        if each["kind"] == target["kind"] and target.get("name") in (None, each["metadata"]["name"])
    ]
    if not matching:
        raise RenderError(f"nothing is {target}")
    for each in matching:
        for operation in yaml.safe_load(what["patch"]):
            apply(each, operation)


def apply(each, operation):
    *way, last = operation["path"].lstrip("/").split("/")
    parent = each
    for step in way:
        parent = parent[int(step)] if isinstance(parent, list) else parent[step]
    value = copy.deepcopy(operation["value"])
    if operation["op"] == "add" and isinstance(parent, list) and last == "-":
        parent.append(value)
    elif operation["op"] in ("add", "replace") and isinstance(parent, dict):
        if operation["op"] == "replace" and last not in parent:
            raise RenderError(f"there is no {operation['path']}")
        parent[last] = value
    else:
        raise RenderError(f"not understood: {operation}")


def pod(each):
    """The specification of the pods that an object makes; none where it makes none."""
    return each.get("spec", {}).get("template", {}).get("spec")


def containers(each):
    """All containers of an object's pods, those that run first and end among them."""
    spec = pod(each) or {}
    return spec.get("initContainers", []) + spec.get("containers", [])
