"""One row per campaign and listener: who is to be contacted, and who is held out by chance."""

from tenuto.record import digest_of_file
from tenuto.warehouse._contract import Table
from tenuto.warehouse._files import parquet_part

GROUP = "campaigns"
KEY = ("user_id",)


def tables(at):
    """Every campaign of the workspace, whatever the cutoff; replaced one by one."""
    files = sorted(at.workspace.campaigns.glob("*/groups.parquet"))
    parts = [
        parquet_part(file, "campaign", file.parent.name, digest_of_file(file)) for file in files
    ]
    return [Table("campaign_groups", KEY, parts, by="campaign")]
