//! DiscordOpus, the browser app.
