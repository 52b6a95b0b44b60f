from django.db import migrations, models


class Migration(migrations.Migration):
    """Let the index of a model's routes say over which platforms they go."""

    dependencies = [("registry", "0005_own_records")]

    operations = [
        migrations.RemoveIndex(model_name="route", name="registry_route_of_llm"),
        migrations.AddIndex(
            model_name="route",
            index=models.Index(
                fields=["llm", "status", "priority", "platform"], name="registry_route_of_llm"
            ),
        ),
    ]
