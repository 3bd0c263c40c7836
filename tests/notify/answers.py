"""What a channel's try can come to."""

from acme_assets.notify.channel import Outcome

UP = Outcome("delivered", "yes")
DOWN = Outcome("again", "down", is_down=True)
NO = Outcome("refused", "no")
SLOW = Outcome("unknown", "slow", is_down=True)
