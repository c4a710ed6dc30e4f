"""Keys and certificates of a native cluster, made by openssl: small, fast, for a year."""

from dataclasses import dataclass
from pathlib import Path

from tests.cluster.native.layout import API_SERVICE, Layout
from tests.cluster.shell import run

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "365")

_SETTINGS = """\
[req]
distinguished_name = name
prompt = no
[name]
{name}
[extensions]
basicConstraints = critical,CA:{authority}
keyUsage = critical,{usage}
subjectKeyIdentifier = hash
{more}
"""


@dataclass(frozen=True)
class Certificate:
    """Whom a certificate names, and under which addresses it serves."""

    file: str
    user: str
    group: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def settings(self) -> str:
        """What openssl is told."""
        name = f"CN = {self.user}" + (f"\nO = {self.group}" if self.group else "")
        more = "extendedKeyUsage = clientAuth,serverAuth"
        if self.addresses:
            more += f"\nsubjectAltName = {','.join(self.addresses)}"
        return _SETTINGS.format(name=name, authority="FALSE", usage="digitalSignature", more=more)


def certificates(layout: Layout) -> list[Certificate]:
    """All certificates of a cluster."""
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
    full = ("kubernetes.default.svc.cluster.local",)
    served = tuple(f"DNS:{name}" for name in names + full)
    served += tuple(f"IP:{address}" for address in ("127.0.0.1", API_SERVICE, layout.host))
    nodes = [
        Certificate(
            node.name,
            f"system:node:{node.name}",
            "system:nodes",
            (f"DNS:{node.name}", f"IP:{node.address}"),
        )
        for node in layout.nodes
    ]
    return [
        Certificate("apiserver", "kube-apiserver", addresses=served),
        Certificate("etcd", "etcd", addresses=("IP:127.0.0.1", "DNS:localhost")),
        Certificate("admin", "admin", "system:masters"),
        Certificate("controller-manager", "system:kube-controller-manager"),
        Certificate("scheduler", "system:kube-scheduler"),
        Certificate("kube-proxy", "system:kube-proxy"),
        Certificate("kubelet-client", "apiserver-kubelet-client", "system:masters"),
        Certificate("kwok", "kwok", "system:masters"),
        Certificate("front-proxy", "front-proxy"),
        *nodes,
    ]


def make(layout: Layout) -> None:
    """Make the authority, all certificates, and the key that signs service accounts' tokens."""
    folder = layout.pki
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _request(
        folder,
        "ca",
        _SETTINGS.format(
            name="CN = fairlead-cluster", authority="TRUE", usage="keyCertSign,cRLSign", more=""
        ),
    )
    for certificate in certificates(layout):
        signed = ("-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"))
        _request(folder, certificate.file, certificate.settings, *signed)
    key = folder / "accounts.key"
    curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    run(["openssl", "genpkey", *curve, "-out", key])
    run(["openssl", "pkey", "-in", key, "-pubout", "-out", folder / "accounts.pub"])


def _request(folder: Path, name: str, settings: str, *signed: str) -> None:
    file = folder / f"{name}.cnf"
    file.write_text(settings)
    where = ("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
    how = ("-config", file, "-extensions", "extensions", *signed)
    run(["openssl", "req", "-x509", *_CURVE, *where, *how])
