"""Logos: what is taken, what is made of it, and who gets to see it."""

import hashlib
import struct
import zlib
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from partners.actions.marketplace.logos import put_logo, remove_logo
from partners.errors import (
    LogoError,
    LogoIsADrawingError,
    LogoTooLargeError,
    LogoTooManyPixelsError,
    LogoUnreadableError,
)
from partners.logos import as_logo
from partners.models import Account, Activity, LogoImage
from partners.rules import LOGO_POLICY
from portal.staff.tests.populate import staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.pictures import picture

NOW = noon(TODAY)
SIDE = LOGO_POLICY.side
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def opened(file: bytes) -> Image.Image:
    made = Image.open(BytesIO(file))
    made.load()
    return made


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of that size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        summed = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + summed

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


# --- What is made of a file ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("width", "height"), [(1000, 500), (500, 1000), (20, 20), (1, 3000)])
def test_a_picture_becomes_a_square_webp(kind, width, height):
    logo = opened(as_logo(picture(width=width, height=height, kind=kind)))

    assert (logo.format, logo.size) == ("WEBP", (SIDE, SIDE))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_picture_of_any_kind_is_taken(mode):
    colour = {"LA": (9, 9), "RGBA": (9, 9, 9, 0)}.get(mode, 0 if mode in "1LP" else "#1d5b3d")

    assert opened(as_logo(picture(mode=mode, colour=colour))).size == (SIDE, SIDE)


def test_a_jpeg_for_printing_is_taken():
    assert as_logo(picture(kind="JPEG", mode="CMYK", colour=(0, 50, 90, 0)))


def test_it_is_fitted_and_never_stretched():
    logo = opened(as_logo(picture(width=1000, height=500)))

    assert logo.getpixel((SIDE // 2, SIDE // 2))[3] == 255
    assert logo.getpixel((SIDE // 2, 5))[3] == 0


def test_nothing_but_the_picture_is_kept():
    told = PngInfo()
    told.add_text("Comment", "made at home by Alice", zip=False)
    exif = Image.Exif()
    exif[0x010E] = "made at home by Alice"
    hidden = b"<html><script>alert(1)</script>"

    for file in (
        picture(pnginfo=told) + hidden,
        picture(kind="JPEG", exif=exif, comment=b"made at home by Alice") + hidden,
        picture(kind="WEBP", exif=exif, xmp=b"made at home by Alice"),
    ):
        logo = as_logo(file)
        assert b"Alice" not in logo
        assert b"script" not in logo
        assert not opened(logo).getexif()


def test_a_file_that_is_a_picture_and_an_archive_is_only_a_picture_afterwards():
    archive = BytesIO()
    with ZipFile(archive, "w") as zipped:
        zipped.writestr("run.js", "alert(1)")

    logo = as_logo(picture() + archive.getvalue())

    assert b"PK" not in logo
    assert b"run.js" not in logo


def test_a_picture_taken_upright_stays_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    logo = opened(as_logo(picture(width=400, height=200, kind="JPEG", exif=exif)))

    assert logo.getpixel((5, SIDE // 2))[3] == 0
    assert logo.getpixel((SIDE // 2, 5))[3] == 255


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "svg",
    [
        SVG,
        b"\xef\xbb\xbf<?xml version='1.0'?><!-- a drawing -->\n" + SVG,
        b"  <SVG onload=alert(1)>",
    ],
)
def test_a_drawing_is_refused_by_its_name(svg):
    with pytest.raises(LogoIsADrawingError):
        as_logo(svg)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"hello",
        b"GIF89a" + b"\0" * 50,
        b"%PDF-1.7",
        b"<html><body onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 20,
        png_that_claims(0, 10),
    ],
)
def test_what_is_no_picture_is_refused(file):
    with pytest.raises(LogoUnreadableError):
        as_logo(file)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_kinds_of_pictures_are_refused_whatever_they_are_called(kind):
    with pytest.raises(LogoUnreadableError):
        as_logo(picture(width=64, height=64, kind=kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(kind, part):
    noisy = Image.effect_noise((300, 300), 90).convert("RGB")
    out = BytesIO()
    noisy.save(out, kind)
    file = out.getvalue()

    with pytest.raises(LogoUnreadableError):
        as_logo(file[: int(len(file) * part)])


def test_a_byte_more_than_two_megabytes_is_too_large():
    file = picture()
    padded = file + b"\0" * (LOGO_POLICY.bytes_at_most - len(file))

    assert as_logo(padded)
    with pytest.raises(LogoTooLargeError):
        as_logo(padded + b"\0")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (20_000, 20_000), (4000, 2501)])
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(width, height):
    with pytest.raises(LogoTooManyPixelsError):
        as_logo(png_that_claims(width, height))


def test_as_many_pixels_as_are_taken_are_taken():
    assert LOGO_POLICY.pixels_at_most == 4000 * 2500

    assert as_logo(picture(width=4000, height=2500))


# --- An account's logo ---------------------------------------------------------------------------


@pytest.fixture
def studio(db) -> Account:
    return make.studio()


def put(account: Account, file: bytes = b"") -> LogoImage:
    return put_logo(account, file or picture(), by=make.person(), at=NOW)


def address(logo: LogoImage) -> str:
    return reverse("partners:logo_image", args=[logo.account.ref, logo.digest])


def browser(name: str) -> Client:
    client = Client()
    client.force_login(make.person(name=name))
    return client


def test_a_logo_is_named_by_its_content_and_replaced_by_the_next(studio):
    first = put(studio)
    assert first.digest == hashlib.sha256(first.content).hexdigest()

    second = put(studio, picture(colour="#ffffff"))

    assert LogoImage.objects.get().digest == second.digest != first.digest
    assert browser("Alice").get(address(first)).status_code == 404
    assert Activity.objects.filter(kind="logo_changed").count() == 2


def test_a_logo_that_is_refused_leaves_the_one_before(studio):
    before = put(studio)

    with pytest.raises(LogoError):
        put(studio, b"no picture")

    assert LogoImage.objects.get().digest == before.digest


def test_removed_it_is_gone(studio):
    logo = put(studio)

    remove_logo(studio, by=make.person(), at=NOW)
    remove_logo(studio, by=make.person(), at=NOW)

    assert not LogoImage.objects.exists()
    assert browser("Alice").get(address(logo)).status_code == 404
    assert Activity.objects.filter(kind="logo_removed").count() == 1


# --- Who sees it ---------------------------------------------------------------------------------


def test_a_listed_accounts_logo_is_everyones_and_is_kept_for_ever(db):
    listing = make.listed()
    logo = put(listing.account)

    answer = Client().get(address(logo))

    assert answer.status_code == 200
    assert answer.content == bytes(logo.content)
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("name", "status"), [("Alice", 200), ("Charlie", 404)])
def test_a_drafts_logo_is_the_accounts_own(studio, name, status):
    logo = put(studio)

    answer = browser(name).get(address(logo))

    assert answer.status_code == status
    assert "public" not in answer.get("Cache-Control", "")
    assert Client().get(address(logo)).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("support", 200), ("programme manager", 200), ("finance", 404)]
)
def test_staff_who_look_after_the_marketplace_see_drafts(studio, role, status):
    logo, client = put(studio), Client()
    client.force_login(staff(role))

    assert client.get(address(logo)).status_code == status


def test_an_address_with_another_digest_or_account_is_not_found(db):
    listing = make.listed()
    logo, other = put(listing.account), make.account(owner="Charlie")

    for account, digest in (
        (listing.account.ref, "0" * 64),
        (other.ref, logo.digest),
        (listing.account.ref, "x" * 500),
    ):
        path = reverse("partners:logo_image", args=[account, digest])
        assert Client().get(path).status_code == 404


# --- Uploading -----------------------------------------------------------------------------------


def upload(account: Account, file: bytes, *, called: str = "logo.png", who: str = "Alice"):
    sent = SimpleUploadedFile(called, file, content_type="image/png")
    path = reverse("partners:logo", args=[account.ref])
    return browser(who).post(path, {"logo": sent})


def test_an_upload_becomes_the_logo_whatever_the_file_is_called(studio):
    answer = upload(studio, picture(kind="WEBP"), called="../../etc/x.svg")

    assert answer.status_code == 302
    assert opened(bytes(LogoImage.objects.get().content)).format == "WEBP"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SVG, "SVG files can carry scripts"),
        (b"GIF89a", "no PNG, JPEG or WebP"),
        (png_that_claims(50_000, 50_000), "10 million pixels"),
        (b"\0" * (LOGO_POLICY.bytes_at_most + 1), "larger than 2 MB"),
    ],
)
def test_a_refused_upload_says_what_to_do(studio, file, words):
    answer = upload(studio, file)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not LogoImage.objects.exists()


def test_without_a_file_the_form_says_so(studio):
    path = reverse("partners:logo", args=[studio.ref])

    answer = browser("Alice").post(path, {"csrfmiddlewaretoken": "x"})

    assert answer.context["form"].errors.keys() == {"logo"}
