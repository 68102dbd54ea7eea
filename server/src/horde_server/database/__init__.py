"""From the operating system to SQL: embedded server, pool, migrations, change notices."""
