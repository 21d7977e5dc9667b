"""Where gateways tell the portal what happened. Nobody signs in here: each call is signed."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import gateways
from billing.actions.notices import receive
from billing.errors import PaymentUnderWayError
from billing.gateways import BadSignatureError, GatewaySilentError
from billing.tasks import retry_payments
from portal.lib import clock
from portal.lib.nudge import nudge


@csrf_exempt
@login_not_required
@require_POST
def webhook(request: HttpRequest, gateway: str) -> HttpResponse:
    """Keep an event and act on it. 400 where it is not signed, 503 to have it sent again."""
    teller = gateways.notifying(gateway)
    if teller is None:
        raise Http404
    at = clock.now()
    try:
        is_due_again = receive(
            teller, gateway, request.body, request.headers, at=at, on=clock.date_of(at)
        )
    except BadSignatureError:
        return HttpResponse(status=400)
    except (GatewaySilentError, PaymentUnderWayError):
        return HttpResponse(status=503)
    if is_due_again:
        nudge(retry_payments)
    return HttpResponse()
