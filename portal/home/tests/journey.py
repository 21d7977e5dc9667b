"""The world in which the main job is walked through: imported data, a programme about to open."""

from datetime import date
from pathlib import Path
from textwrap import dedent

from allauth.account.models import EmailAddress
from django.core.management import call_command

from partners.actions.years import prepare_year
from partners.models import Account, Programme, ProgrammeTerms
from portal.mail.models import Message
from portal.mail.tasks import send_mail
from portal.models import User
from portal.rehearsal import move_clock

BEGINS = date(2026, 2, 20)
OPENS = date(2026, 3, 1)
PASSWORD = "copper-fern-lantern"

ALICE, BOB, CAROL, DANA = (
    "alice@alder.example",
    "bob@alder.example",
    "carol@bakery.example",
    "dana@portal.example",
)
RENEWING = 9  # Alice's sites that renew in March; one more upgrade makes a thousand points

FILES = {
    "catalogue": """
        product,name,kind,cycle,currency,amount,new_from
        premium,Premium,site_plan,yearly,EUR,192.00,2022-01-01
        premium,Premium,site_plan,monthly,EUR,19.00,2022-01-01
        """,
    "accounts": f"""
        id,name,email,country,currency
        a-1,Alder & Ash Studio,{ALICE},GB,EUR
        a-2,Carol's Bakery,{CAROL},IE,EUR
        """,
    "members": f"""
        account,email,role
        a-1,{ALICE},owner
        a-1,{BOB},member
        """,
    "payment_methods": """
        account,gateway,provider_ref,brand,last4,expires_month,expires_year,is_default
        a-1,simulated,sim_ok:alder,Visa,4242,12,2034,yes
        a-2,simulated,sim_ok:bakery,Visa,4242,12,2034,yes
        """,
    "sites": "\n".join(
        [
            "id,account,address",
            *(f"s-{n},a-1,client-{n}.example" for n in range(RENEWING + 1)),
            "s-bread,a-2,carols-bread.example",
            "s-cake,a-2,carols-cake.example",
            "s-tea,a-2,carols-tea.example",
        ]
    ),
    "contributors": """
        account,site,from_on
        a-1,s-bread,2025-01-01
        a-1,s-cake,2025-01-01
        a-1,s-tea,2025-01-01
        """,
    "subscriptions": "\n".join(
        [
            "id,account,site,product,cycle,currency,purchased_on,state",
            *(f"u-{n},a-1,s-{n},premium,yearly,EUR,2025-03-10,active" for n in range(RENEWING)),
            "u-bread,a-2,s-bread,premium,yearly,EUR,2025-04-15,active",
            "u-cake,a-2,s-cake,premium,yearly,EUR,2025-10-01,active",
            "u-tea,a-2,s-tea,premium,yearly,EUR,2025-10-01,active",
        ]
    ),
}


def begin(folder: Path) -> None:
    """Import what the platform hands over; the programme opens in nine days; Dana is staff."""
    move_clock(BEGINS)
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(dedent(text).strip() + "\n", encoding="utf-8")
    call_command("import_data", folder, verbosity=0)
    for year in (2026, 2027):
        prepare_year(year)
    Programme.objects.create(opens_on=OPENS)
    ProgrammeTerms.objects.create(
        version="1.0", in_force_from=date(2026, 1, 1), text="Play fair; points follow the rules."
    )
    dana = User.objects.create_superuser(DANA, PASSWORD, name="Dana")
    EmailAddress.objects.create(user=dana, email=DANA, verified=True, primary=True)


def studio() -> Account:
    return Account.objects.get(platform_ref="a-1")


def latest_mail(*, to: str, kind: str) -> Message:
    """What lies on top in somebody's mailbox, once the queue is empty."""
    send_mail.run()
    return Message.objects.filter(to=to, kind=kind).latest("queued_at", "id")


def link_in(message: Message, part: str) -> str:
    """The address in a mail that contains `part`, without its host."""
    word = next(word for word in message.text.split() if part in word)
    return "/" + word.strip("<>().,").split("://", 1)[1].split("/", 1)[1]
