"""WhatsApp messages: a third source, which nothing outside this folder names but the settings of its tests."""
