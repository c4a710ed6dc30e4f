"""``fairlead crds``: the kinds come into a cluster, and nothing is lost by it."""

from __future__ import annotations

import yaml
from tests.cluster.namespaces import Namespace
from tests.integration.command_line import Shell

from fairlead.api.crds import KINDS, all_crds

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/machinegroups.fairlead.dev"
NAMES = [kind.crd_name for kind in KINDS]


def test_what_is_printed_is_what_the_models_say(shell: Shell) -> None:
    assert list(yaml.safe_load_all(shell("crds", "print"))) == all_crds()
    assert shell.json("crds", "print")["items"] == all_crds()


def test_applying_what_is_there_changes_nothing(shell: Shell) -> None:
    assert shell.json("crds", "apply") == [{"name": name, "change": "unchanged"} for name in NAMES]


def test_an_older_definition_is_brought_up_to_date_and_its_objects_stay(
    shell: Shell, namespace: Namespace
) -> None:
    group = {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "MachineGroup",
        "metadata": {"name": "kept"},
        "spec": {"size": "small", "minMachines": 0, "maxMachines": 1},
    }
    groups = f"/apis/fairlead.dev/v1beta1/namespaces/{namespace.name}/machinegroups"
    made = namespace.api.create(groups, group)
    version = namespace.api.get(PATH)["spec"]["versions"][0]
    older = {"spec": {"versions": [version | {"additionalPrinterColumns": []}]}}
    namespace.api.patch(PATH, older)
    planned = shell.json("crds", "apply", "--dry-run")
    assert {"name": "machinegroups.fairlead.dev", "change": "updated"} in planned
    assert not namespace.api.get(PATH)["spec"]["versions"][0].get("additionalPrinterColumns")
    assert shell.json("crds", "apply") == planned
    assert namespace.api.get(PATH)["spec"]["versions"][0]["additionalPrinterColumns"]
    assert namespace.api.get(f"{groups}/kept")["metadata"]["uid"] == made["metadata"]["uid"]
