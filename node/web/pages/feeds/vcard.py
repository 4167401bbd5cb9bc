"""A listing as a contact that phones open: vCard 4.0 (RFC 6350)."""

from typing import Final

from node.directory import forms
from node.directory.profile import Profile
from node.web.pages import structured, words
from node.web.pages.feeds import content_lines as lines

_NOTE_CHARS: Final = 2_000


def write(page: Profile, *, document: str, url: str) -> bytes:
    """Write one card.

    Args:
        page: the listing.
        document: the listing's id, which stays when its content changes.
        url: where its page stands.
    """
    name = structured.best(page.name)[1] or "A listing without a name"
    address = page.address
    card = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "KIND:org",
        lines.text_line("UID;VALUE=text", document),
        lines.text_line("FN", name),
        lines.text_line("ORG", name),
    ]
    if any((address.street, address.city, address.region, address.postcode, page.country)):
        country = words.country(page.country) if page.country else ""
        parts = ("", "", address.street, address.city, address.region, address.postcode, country)
        card.append(f"ADR:{';'.join(lines.escaped(part) for part in parts)}")
    if page.location is not None:
        latitude, longitude = structured.coarse(page.location)
        card.append(f"GEO:geo:{latitude},{longitude}")
    if page.phone:
        card.append(lines.text_line("TEL;VALUE=text", page.phone))
    if page.email:
        card.append(lines.text_line("EMAIL", page.email))
    card += [lines.address_line("URL", one) for one in page.urls if forms.is_web_address(one)]
    card += [f"LANG:{tag}" for tag in page.languages]
    if page.tags:
        card.append(f"CATEGORIES:{','.join(lines.escaped(tag) for tag in page.tags)}")
    notes = [words.clipped(text, _NOTE_CHARS) for text in (structured.best(page.description)[1],) if text]
    if page.subject is not None:
        notes.append(f"{page.subject.source}, {page.subject.licence or 'no licence named'}")
    if notes:
        card.append(lines.text_line("NOTE", "\n".join(notes)))
    card += [lines.address_line("SOURCE", url), "END:VCARD"]
    return lines.write(card)
