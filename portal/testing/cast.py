"""The people of the demo, the same ones the tests tell their stories with.

Alice owns an agency and Bob sits on its team; Charlie owns another, which has joined already; Carol
is a client whose sites both work on, and never signs in; Dana and Erin are staff.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An account of the demo, under the platform's reference."""

    ref: str
    name: str
    email: str
    country: str = "GB"
    currency: str = "GBP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the demo; who has a password can sign in."""

    name: str
    email: str
    password: str = ""
    company: Company | None = None
    role: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    staff_roles: tuple[str, ...] = ()
    what_for: str = ""


ALDER = Company(ref="demo-alder", name="Alder & Ash Studio", email="hello@alder-ash.example")
LANTERN = Company(ref="demo-lantern", name="Lantern Row Digital", email="hello@lantern-row.example")
BAKERY = Company(ref="demo-bakery", name="Carol's Bakery", email="carol@carols-bakery.example")
REEDS = Company(ref="demo-reeds", name="Reed's Tea Room", email="charlie@lantern-row.example")
COMPANIES = (ALDER, LANTERN, BAKERY, REEDS)

ALICE = Person(
    name="Alice Alder",
    email="alice@alder-ash.example",
    password="alders-by-the-river",
    company=ALDER,
    role="owner",
    what_for="owns an agency that has not joined yet",
)
BOB = Person(
    name="Bob Ash",
    email="bob@alder-ash.example",
    password="ashes-on-the-hill",
    company=ALDER,
    role="member",
    what_for="is a member of Alice's team",
)
CHARLIE = Person(
    name="Charlie Reed",
    email="charlie@lantern-row.example",
    password="lanterns-in-a-row",
    company=LANTERN,
    role="owner",
    what_for="owns an agency in the programme",
)
DANA = Person(
    name="Dana Marsh",
    email="dana@fernwell.example",
    password="marshes-under-mist",
    is_staff=True,
    is_superuser=True,
    what_for="administrator (asked for a code: /rehearsal/codes/)",
)
ERIN = Person(
    name="Erin Vale",
    email="erin@fernwell.example",
    password="vales-after-rain",
    is_staff=True,
    staff_roles=("finance", "programme manager"),
    what_for="staff, finance and programme (asked for a code, too)",
)
# The client: reads mail at BAKERY.email and follows links in it, and has no login.
CAROL = Person(name="Carol Baker", email=BAKERY.email, company=BAKERY)

SIGN_IN = (ALICE, BOB, CHARLIE, DANA, ERIN)

# Who, address, password, what for.
DEMO_SIGN_INS: list[tuple[str, str, str, str]] = [
    (person.name.split()[0], person.email, person.password, person.what_for) for person in SIGN_IN
]
# What the staff's authenticator apps would hold. In a demo it is no secret.
DEMO_TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
