"""What ``python -m fenban.serving.bench`` is made of; nothing else imports it."""
