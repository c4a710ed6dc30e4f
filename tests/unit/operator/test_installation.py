"""A whole installation, as objects: what is in it, and that its pods ask for no privilege."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.api.machine import MachineSize
from fairlead_operator import settings
from fairlead_operator.manifests.__main__ import main
from fairlead_operator.manifests.deployment import deployment, environment
from fairlead_operator.manifests.everything import everything, surroundings
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.options import Options, Store, Volume
from fairlead_operator.manifests.sizes import default_sizes

ONE = Install("fairlead", "tools", ("a", "b"))
EVERYWHERE = Install("fairlead", "tools")
FOLDER = Volume(host_folder="/srv/fairlead")


def options(**more: Any) -> Options:
    return Options(operator_image="operator:1", runner_image="runner:1", **more)


def key(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def of_kind(made: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in made if manifest["kind"] == kind]


@pytest.mark.parametrize("install", [ONE, EVERYWHERE], ids=["some", "all"])
def test_no_object_comes_twice_and_what_others_need_comes_first(install: Install) -> None:
    made = everything(install, options(namespaces=("jobs",), store=Store(volume=FOLDER)))
    assert len({key(manifest) for manifest in made}) == len(made)
    there: set[str] = set()
    for manifest in made:
        namespace = manifest["metadata"].get("namespace")
        assert namespace is None or namespace in there
        if manifest["kind"] == "Namespace":
            there.add(manifest["metadata"]["name"])


def test_two_installations_share_nothing_but_the_machine_sizes() -> None:
    sharing = options(store=Store(volume=FOLDER))
    first = everything(ONE, sharing)
    second = everything(Install("fairlead", "other", ("c",)), sharing)
    common = {key(manifest) for manifest in first} & {key(manifest) for manifest in second}
    assert {kind for kind, _, _ in common} == {"MachineSize"}


def test_the_namespaces_keep_pods_to_the_restricted_profile() -> None:
    namespaces = of_kind(everything(ONE, options()), "Namespace")
    assert [item["metadata"]["name"] for item in namespaces] == ["tools", "a", "b"]
    for item in namespaces:
        assert item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert of_kind(everything(ONE, options(make_namespaces=False)), "Namespace") == []


def test_an_installation_for_all_prepares_the_namespaces_that_it_is_told() -> None:
    made = everything(EVERYWHERE, options(namespaces=("jobs",), store=Store(volume=FOLDER)))
    accounts = {key(item)[1:] for item in of_kind(made, "ServiceAccount")}
    assert accounts == {("tools", "fairlead-operator"), ("jobs", "fairlead-runner")}
    assert [key(item)[1] for item in of_kind(made, "PersistentVolumeClaim")] == ["jobs"]


def test_the_operator_asks_for_no_privilege() -> None:
    pod = deployment(ONE, options())["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["serviceAccountName"] == "fairlead-operator"


def test_the_operator_is_selected_by_labels_that_its_pods_have() -> None:
    made = deployment(ONE, options(replicas=2))
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert made["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert made["spec"]["replicas"] == 2


def test_the_operator_is_told_where_runners_find_their_store() -> None:
    claimed = environment(ONE, options(store=Store(volume=FOLDER)))
    assert claimed["FAIRLEAD_RUNNER_STORE"] == "file:///fairlead/store"
    assert claimed["FAIRLEAD_RUNNER_STORE_CLAIM"] == "fairlead-store"
    bucket = environment(ONE, options(store=Store("s3://bucket", secret="keys")))
    assert bucket["FAIRLEAD_RUNNER_STORE"] == "s3://bucket"
    assert bucket["FAIRLEAD_RUNNER_STORE_SECRET"] == "keys"
    assert "FAIRLEAD_RUNNER_STORE_CLAIM" not in bucket
    assert not any("STORE" in name for name in environment(ONE, options()))


def test_the_operator_is_told_which_namespaces_it_looks_after() -> None:
    assert environment(ONE, options())["FAIRLEAD_OPERATOR_WATCH"] == "a,b"
    assert "FAIRLEAD_OPERATOR_WATCH" not in environment(EVERYWHERE, options())


def test_the_operator_understands_what_it_is_told() -> None:
    whole = options(store=Store("file:///srv/store", FOLDER, "keys"), log_level="debug")
    read = settings.load([], environment(ONE, whole))
    assert (read.release, read.namespace, read.watch) == ("fairlead", "tools", ("a", "b"))
    assert read.log_level == "debug"
    runners = read.runners
    assert (runners.image, runners.image_pull_policy) == ("runner:1", "IfNotPresent")
    assert runners.account == ONE.runner_account
    assert runners.store.url == "file:///srv/store"
    assert (runners.store.claim, runners.store.mount) == (FOLDER.claim, FOLDER.mount)
    assert runners.store.secret == "keys"


def test_each_volume_is_for_one_claim_and_the_claim_for_that_volume() -> None:
    made = surroundings(ONE, options(store=Store(volume=FOLDER)))
    volumes = of_kind(made, "PersistentVolume")
    claims = of_kind(made, "PersistentVolumeClaim")
    assert len(volumes) == len(claims) == 2
    for volume, claim in zip(volumes, claims, strict=True):
        assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
        reference = volume["spec"]["claimRef"]
        assert (reference["namespace"], reference["name"]) == key(claim)[1:]
        assert volume["spec"]["hostPath"]["path"] == "/srv/fairlead"


def test_claims_that_somebody_else_makes_are_left_to_them() -> None:
    made = everything(ONE, options(store=Store(volume=Volume("theirs"))))
    assert of_kind(made, "PersistentVolumeClaim") == []
    assert environment(ONE, options(store=Store(volume=Volume("theirs"))))[
        "FAIRLEAD_RUNNER_STORE_CLAIM"
    ] == ("theirs")


def test_the_default_sizes_are_sizes_and_grow_to_one_another() -> None:
    sizes = [MachineSize.model_validate(size) for size in default_sizes()]
    names = [size.metadata.name for size in sizes]
    assert names == ["small", "medium", "large"]
    assert [size.spec.grows_to for size in sizes] == ["medium", "large", None]


def test_the_command_prints_what_kubectl_applies(capsys: pytest.CaptureFixture[str]) -> None:
    images = ["--operator-image", "operator:1", "--runner-image", "runner:1"]
    more = ["--watch", "a", "--watch", "b", "--store-folder", "/srv/fairlead", "--no-sizes"]
    assert main(["--namespace", "tools", *images, *more]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["kind"] == "List"
    wanted = options(store=Store(volume=FOLDER), sizes=())
    assert printed["items"] == everything(ONE, wanted)


def test_the_command_needs_to_know_the_images(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "--operator-image" in capsys.readouterr().err
