"""What a database looks like from outside, and what would serve: `examine`."""

from tiermem.doctor.examining import examine as examine
from tiermem.doctor.places import shard_of as shard_of
from tiermem.doctor.report import Advice as Advice
from tiermem.doctor.report import Checkup as Checkup
