"""Validate what 0002 added without a scan, and fill in what it left empty.

A site whose running premium plans are more than one keeps them: staff decide which is to end.
"""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

ONE_RUNNING_PLAN_A_SITE = """
    UPDATE billing_subscription kept
       SET exclusive_key = 'site_plan:' || kept.site_id
      FROM (SELECT min(subscription.id) AS id
              FROM billing_subscription subscription
              JOIN billing_plan plan ON plan.id = subscription.plan_id
              JOIN billing_product product ON product.id = plan.product_id
             WHERE product.kind = 'site_plan' AND subscription.state <> 'expired'
               AND subscription.site_id IS NOT NULL
             GROUP BY subscription.site_id
            HAVING count(*) = 1) alone
     WHERE kept.id = alone.id
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_tax_coupons_changes_and_disputes")]

    operations = [
        ValidateConstraint("invoiceline", "line_price_reason_known"),
        ValidateConstraint("invoiceline", "line_for_a_subscription_or_coupons"),
        ValidateConstraint("invoiceline", "line_tax_not_negative"),
        ValidateConstraint("creditnoteline", "credit_line_tax_within_it"),
        ValidateConstraint("paymentmethod", "only_removed_methods_are_detached"),
        migrations.RunSQL(ONE_RUNNING_PLAN_A_SITE, migrations.RunSQL.noop),
    ]
