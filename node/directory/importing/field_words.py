"""The words by which others name the fields that we fill: a table to read, and to add to.

From OpenStreetMap, Murmurations, Freifunk, OpenFairDB, schema.org, and how people name the columns of a table
in a dozen languages. Within a field the surest word comes first: when a record has several, the first counts.
"""

from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """The fields that an import fills; the value is what `--map` calls it."""

    NAME = "name"
    DESCRIPTION = "description"
    URL = "url"
    TAGS = "tags"
    LANGUAGES = "languages"
    STREET = "street"
    HOUSE_NUMBER = "housenumber"
    CITY = "city"
    POSTCODE = "postcode"
    REGION = "region"
    COUNTRY = "country"
    LAT = "lat"
    LON = "lon"
    LOCATION = "location"
    KIND = "kind"
    EMAIL = "email"
    PHONE = "phone"
    SOURCE = "source"
    SOURCE_ID = "source_id"
    LICENCE = "licence"
    CONFIRMED_AT = "confirmed_at"


WORDS: Final[dict[Field, str]] = {
    Field.NAME: "name title titel nom nome nombre naziv nazwa bezeichnung organisation "
    "organization display_name full_name organisation_name organization_name "
    "community_name community label naam navn namn nimi név názov název nazev "
    "pavadinimas nosaukumas naslov όνομα име имя название назва 名称 名前 initiative "
    "projekt project verein association @name",
    Field.DESCRIPTION: "description beschreibung descrizione descripcion descripción desc about summary "
    "short_description long_description kurzbeschreibung omschrijving beskrivelse "
    "beskrivning kuvaus leírás opis popis descriere περιγραφή описание опис mission "
    "bio excerpt info notes",
    Field.URL: "website contact:website url urls urls.url contact:url primary_url homepage web "
    "webseite link links site webpage website_url homepage_url site_web sitio_web "
    "sito_web internet www weboldal strona_www contact.website links.url contact.url "
    "@value",
    Field.TAGS: "tags tag type_of_initiative free_keywords free-keywords free_keywords1 keywords "
    "poi_type categories category schlagworte stichworte themen topics topic "
    "mots_cles etiquetas kategorie kategorien thema focus",
    Field.LANGUAGES: "languages language lang sprachen sprache languagecodes langues lingue idiomas",
    Field.STREET: "addr:street street address.street straße strasse rue via streetaddress "
    "street_address calle ulica gade utca full_address address adresse anschrift "
    "indirizzo direccion dirección adres",
    Field.HOUSE_NUMBER: "addr:housenumber housenumber house_number hausnummer",
    Field.CITY: "addr:city city address.city town ort stadt ville città ciudad municipality "
    "commune gemeinde locality addresslocality cidade miasto město mesto plaats "
    "kommune",
    Field.POSTCODE: "addr:postcode postcode postal_code address.postcode zip zipcode plz cap zip_code "
    "code_postal codigo_postal postleitzahl",
    Field.REGION: "addr:region addr:state addr:province region state province address.region "
    "bundesland addressregion kanton canton département departement regione provincia "
    "county district",
    Field.COUNTRY: "addr:country country country_code country_iso_3166 address.country land pays "
    "paese país addresscountry country_name countryname nation staat kraj země ország",
    Field.LAT: "lat latitude geolocation.lat location.lat geo:lat breitengrad latitud latitudine",
    Field.LON: "lon lng long longitude geolocation.lon geolocation.lng location.lon location.lng "
    "geo:lon längengrad laengengrad longitud longitudine",
    Field.LOCATION: "coordinates coordinate coords latlng latlon lat_lng lat_lon lat_long lnglat "
    "lonlat lng_lat lon_lat geo_point geopoint geo_point_2d geolocation location "
    "position gps koordinaten koordinate coordonnées coordenadas "
    "coordinate_geografiche point geom geometry wkt geo centroid center centre",
    Field.KIND: "kind",
    Field.EMAIL: "email e-mail mail contact:email contact_details.email contact.email "
    "contact_email emails email_address",
    Field.PHONE: "phone telephone tel telefon mobile fax contact:phone contact:mobile contact:fax "
    "contact.phone contact.telephone contact_phone phone_number téléphone telefono "
    "teléfono telefax handy",
    Field.SOURCE: "_source data_source datasource subject.source",
    Field.SOURCE_ID: "source_id _id id @id oid external_id unique_id uuid uri _uri guid identifier nid "
    "slug @key",
    Field.LICENCE: "licence license lizenz data_licence data_license licencia licenza",
    Field.CONFIRMED_AT: "confirmed_at",
}

# Parts that only wrap a record: `profile.name` is its name. One of them at most stands before the word.
_WRAPPERS: Final = """
properties profile attributes fields data record item entry node resolved tags organisation organization
initiative place object value document
"""
WRAPPERS: Final = frozenset(_WRAPPERS.split())
# Inside these a word means the same for some fields only: `contact.name` is a person, not the community.
PLACES: Final = (
    Field.STREET,
    Field.HOUSE_NUMBER,
    Field.CITY,
    Field.POSTCODE,
    Field.REGION,
    Field.COUNTRY,
    Field.LAT,
    Field.LON,
    Field.LOCATION,
)
_CONTACTS: Final = (Field.EMAIL, Field.PHONE, Field.URL)
CONTAINERS: Final[dict[str, tuple[Field, ...]]] = {
    **dict.fromkeys(("address", "adresse", "addresses", "addr", "anschrift", "postal_address"), PLACES),
    **dict.fromkeys(("location", "locations", "location.address", "place", "geo", "geolocation"), PLACES),
    **dict.fromkeys(("contact", "contacts", "contact_details", "kontakt"), (*PLACES, *_CONTACTS)),
}
# A pair of these with the same beginning is a place: `position.lat` and `position.lng`, `office_latitude`, …
LAT_WORDS: Final = ("lat", "latitude", "breitengrad", "latitud", "latitudine")
LON_WORDS: Final = ("lon", "lng", "long", "longitude", "längengrad", "laengengrad", "longitud", "longitudine")
# Two numbers under these names are longitude first, as in GeoJSON; anywhere else latitude comes first.
LON_FIRST_WORDS: Final = (
    "coordinates",
    "lnglat",
    "lonlat",
    "lng_lat",
    "lon_lat",
    "geometry",
    "geom",
    "wkt",
    "point",
)
