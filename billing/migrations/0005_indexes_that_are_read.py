"""Drop what every charge wrote and nobody read: indexes with which another one begins.

And leave room on the pages of periods, each of which is opened once: that then costs no index entry.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0004_simulated_renewals'),
        ('partners', '0002_indexes_that_are_read'),
    ]

    operations = [
        migrations.AlterField(
            model_name='invoice',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='partners.account'),
        ),
        migrations.AlterField(
            model_name='invoiceline',
            name='invoice',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.invoice'),
        ),
        migrations.AlterField(
            model_name='period',
            name='subscription',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='billing.subscription'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='partners.account'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='site',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='partners.site'),
        ),
        migrations.RunSQL(
            "ALTER TABLE billing_period SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE billing_period RESET (fillfactor)",
        ),
    ]
