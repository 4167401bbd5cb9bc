"""Operations of neighbouring worlds at their fixed addresses: NodeInfo, WebFinger, did:web, security.txt.

Where a document needs a name, it is the domain that the steward set: without one there is no WebFinger and
no did:web (design, section 3: a domain is only an address).
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from node.clock import MS_PER_SECOND
from node.engine import commands
from node.errors import NotFoundError
from node.web import guard
from node.web.api.operations import AnyOperation, Call, Operation, Plain, Told
from node.web.asking import CONFIG, NOW
from node.web.problems import RefusedError
from node.web.schemas.parts import NoParameters
from node.web.schemas.wellknown import (
    DidDocument,
    Link,
    NodeInfo,
    NodeInfoLinks,
    NodeMetadata,
    Software,
    TypedLink,
    VerificationMethod,
    WebFinger,
    WebFingerParameters,
)

_NODEINFO_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/2.1"
# The name of the one account of a domain; the community's id serves too.
_ACCOUNT: Final = "community"
# security.txt must name a day by which to look again; drawn anew at each answer, it never lapses.
_SECURITY_DAYS: Final = 90
_KEY_PREFIX: Final = "did:key:"
_NO_DOMAIN: Final = "this node has no domain of its own"


async def nodeinfo_links(call: Plain) -> Told:
    """Say where the NodeInfo document is."""
    domain = call.request.app[CONFIG].domain
    if domain is None:
        guard.host_name(call.request)  # What is repeated below has passed this.
        origin = f"http://{call.request.headers['Host'].lower()}"
    else:
        origin = f"https://{domain}"
    return Told(NodeInfoLinks(links=(Link(rel=_NODEINFO_SCHEMA, href=f"{origin}/nodeinfo/2.1"),)))


async def nodeinfo(call: Plain) -> Told:
    """Describe this node as NodeInfo 2.1 has it."""
    node = await call.ask(commands.ShowNode())
    metadata = NodeMetadata(
        community=node["community"], name=node["name"], listings=node["listings"], api="/api/v1"
    )
    software = Software(name="hedgerow", version=call.request.app[CONFIG].version)
    return Told(NodeInfo(software=software, protocols=("hedgerow",), metadata=metadata))


async def webfinger(call: Call[NoParameters, WebFingerParameters, NoParameters]) -> Told:
    """Say who an address of this domain is."""
    domain = call.request.app[CONFIG].domain
    if domain is None:
        raise NotFoundError(_NO_DOMAIN)
    node = await call.ask(commands.ShowNode())
    own_id, did, home = node["community"], f"did:web:{domain}", f"https://{domain}/"
    subject = f"acct:{_ACCOUNT}@{domain}"
    if call.parameters.resource not in (subject, f"acct:{own_id}@{domain}", did, home):
        raise NotFoundError("nobody of that name is here")
    links = (
        TypedLink(rel="self", type="application/json", href=f"{home}api/v1/communities/{own_id}"),
        TypedLink(rel="http://webfinger.net/rel/profile-page", type="text/html", href=home),
        TypedLink(rel="alternate", type="application/did+json", href=f"{home}.well-known/did.json"),
    )
    wanted = call.parameters.rel
    return Told(
        WebFinger(
            subject=subject,
            aliases=(did, home),
            properties={"http://schema.org/name": node["name"]},
            links=tuple(link for link in links if not wanted or link.rel in wanted),
        )
    )


async def did_document(call: Plain) -> Told:
    """Give the did:web alias of the community: the keys of its devices that stand."""
    domain = call.request.app[CONFIG].domain
    if domain is None:
        raise NotFoundError(_NO_DOMAIN)
    charter = await call.ask(commands.ShowCharter())
    did = f"did:web:{domain}"
    keys = [each["device"].removeprefix(_KEY_PREFIX) for each in charter["devices"] if not each["retired"]]
    methods = tuple(
        VerificationMethod(id=f"{did}#{key}", controller=did, publicKeyMultibase=key) for key in keys
    )
    return Told(
        DidDocument(
            id=did,
            alsoKnownAs=(f"hedgerow:community:{charter['community']}",),
            verificationMethod=methods,
            assertionMethod=tuple(method.id for method in methods),
        )
    )


async def security_txt(call: Plain) -> Told:
    """Say where weaknesses are reported (RFC 9116)."""
    config = call.request.app[CONFIG]
    if config.contact is None:
        raise RefusedError(404, "This node names no address for reports; write to the community.")
    today = datetime.fromtimestamp(call.request.app[NOW]() // MS_PER_SECOND, tz=UTC).date()
    lines = [f"Contact: {config.contact}", f"Expires: {today + timedelta(days=_SECURITY_DAYS)}T00:00:00Z"]
    if config.domain is not None:
        lines.append(f"Canonical: https://{config.domain}/.well-known/security.txt")
    return Told("\n".join([*lines, ""]))


PUBLIC: Final[tuple[AnyOperation, ...]] = (
    Operation(
        "linkNodeInfo",
        "GET",
        "/.well-known/nodeinfo",
        "Where the NodeInfo document is",
        nodeinfo_links,
        NodeInfoLinks,
    ),
    Operation(
        "showNodeInfo",
        "GET",
        "/nodeinfo/2.1",
        "NodeInfo 2.1",
        nodeinfo,
        NodeInfo,
        media=f'application/json; profile="{_NODEINFO_SCHEMA}#"',
    ),
    Operation(
        "findByWebFinger",
        "GET",
        "/.well-known/webfinger",
        "Who an address of this domain is",
        webfinger,
        WebFinger,
        parameters=WebFingerParameters,
        media="application/jrd+json",
        problems=(404,),
    ),
    Operation(
        "showDidDocument",
        "GET",
        "/.well-known/did.json",
        "The community's did:web alias",
        did_document,
        DidDocument,
        media="application/did+json",
        problems=(404,),
    ),
    Operation(
        "showSecurityContact",
        "GET",
        "/.well-known/security.txt",
        "Where weaknesses are reported",
        security_txt,
        None,
        media="text/plain; charset=utf-8",
        problems=(404,),
    ),
)
