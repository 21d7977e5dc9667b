"""What runs already keeps anybody from buying it a second time.

Where several run for the same thing, the oldest holds the key; all are served on, and staff decide
which is to end. A domain or mailbox written in international letters is left without: its form
here cannot be told in SQL, and the next import tells it.
"""

from django.db import migrations

KEYS = """
    WITH keyed AS (
        SELECT subscription.id,
               CASE product.kind
                   WHEN 'site_plan' THEN 'site_plan:' || subscription.site_id
                   WHEN 'marketing_suite' THEN 'marketing_suite:' || subscription.site_id
                   WHEN 'app' THEN 'app:' || product.code || ':' || subscription.site_id
                   WHEN 'studio_plan' THEN 'studio_plan:' || subscription.account_id
                   WHEN 'domain' THEN
                       'domain:' || lower(substring(label FROM '^([A-Za-z0-9.-]+[A-Za-z0-9])[.]?$'))
                   WHEN 'business_email' THEN
                       'business_email:' || lower(substring(label FROM '^[!-?A-~]+@[A-Za-z0-9.-]+$'))
               END AS key
          FROM billing_subscription subscription
          JOIN billing_plan plan ON plan.id = subscription.plan_id
          JOIN billing_product product ON product.id = plan.product_id
         WHERE subscription.state <> 'expired'
    ), oldest AS (
        SELECT key, min(id) AS id FROM keyed WHERE key IS NOT NULL GROUP BY key
    )
    UPDATE billing_subscription subscription
       SET exclusive_key = oldest.key
      FROM oldest
     WHERE subscription.id = oldest.id
       AND NOT EXISTS (SELECT FROM billing_subscription held
                        WHERE held.exclusive_key = oldest.key AND held.state <> 'expired')
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_who_bought")]

    operations = [migrations.RunSQL(KEYS, migrations.RunSQL.noop)]
