"""Drop indexes that every qualifying event wrote and nobody read: another one begins with each."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='pointsdue',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='points_due', to='partners.account'),
        ),
        migrations.AlterField(
            model_name='pointsdue',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='due', to='partners.qualifyingevent'),
        ),
        migrations.AlterField(
            model_name='qualifyingevent',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='qualifying_events', to='partners.account'),
        ),
        migrations.AlterField(
            model_name='qualifyingevent',
            name='site',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='qualifying_events', to='partners.site'),
        ),
    ]
