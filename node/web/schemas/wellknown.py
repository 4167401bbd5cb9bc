"""Forms of neighbouring worlds: NodeInfo 2.1, WebFinger (RFC 7033), did:web."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from node.web.schemas.parts import Asked, Shown


class Link(Shown):
    """A link of a JRD."""

    rel: str
    href: str


class TypedLink(Link):
    """A link that says what stands there."""

    type: str


class NodeInfoLinks(Shown):
    """Where the NodeInfo document is."""

    links: tuple[Link, ...]


class Software(Shown):
    """What runs here."""

    name: Annotated[str, Field(pattern="^[a-z0-9-]+$")]
    version: str


class Services(Shown):
    """Connections to third parties: none."""

    inbound: tuple[str, ...] = ()
    outbound: tuple[str, ...] = ()


class Users(Shown):
    """Numbers of users are nobody's business; the schema wants the object."""


class Usage(Shown):
    """How much is here."""

    users: Users = Users()


class NodeMetadata(Shown):
    """What is particular to us."""

    community: str
    name: str
    listings: int
    api: str


class NodeInfo(Shown):
    """NodeInfo 2.1."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    version: Literal["2.1"] = "2.1"
    software: Software
    protocols: tuple[str, ...]
    services: Services = Services()
    openRegistrations: bool = False  # noqa: N815 (the standard's spelling)
    usage: Usage = Usage()
    metadata: NodeMetadata


class WebFingerParameters(Asked):
    """Who is looked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource: Annotated[
        str,
        Field(
            # Spelled out: what counts as a space differs between readers of patterns (U+0085).
            pattern=r"^(acct:[^@\x00-\x20]+@[^@\x00-\x20]+|https?://[^\x00-\x20]+|did:[a-z0-9]+:[^\x00-\x20]+)$",
            max_length=500,
            examples=["acct:community@garden.example"],
        ),
    ]
    rel: Annotated[tuple[str, ...], Field(max_length=20, description="Only links of these relations.")] = ()


class WebFinger(Shown):
    """A JRD: who this is and where to find more."""

    subject: str
    aliases: tuple[str, ...]
    properties: dict[str, str]
    links: tuple[TypedLink, ...]


class VerificationMethod(Shown):
    """A key of one of the community's devices."""

    id: str
    type: Literal["Multikey"] = "Multikey"
    controller: str
    publicKeyMultibase: str  # noqa: N815 (the standard's spelling)


class DidDocument(Shown):
    """The did:web alias of this community; its id does not depend on the domain."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    context: Annotated[tuple[str, ...], Field(alias="@context")] = (
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
    )
    id: str
    alsoKnownAs: tuple[str, ...]  # noqa: N815 (the standard's spelling)
    verificationMethod: tuple[VerificationMethod, ...]  # noqa: N815 (the standard's spelling)
    assertionMethod: tuple[str, ...]  # noqa: N815 (the standard's spelling)
