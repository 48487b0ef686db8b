//! How people look: a small picture of each, held once however often it is on screen.

use std::sync::Arc;

use discordopus_core::identity::MAX_PICTURE;

use crate::browser::files::{ObjectUrl, bytes_of, draw_portrait, is_portrait};

/// Somebody's picture. Clones are the same one, which goes with the last of them.
#[derive(Debug, Clone)]
pub struct Portrait(Arc<ObjectUrl>);

impl Portrait {
    /// Of what a member, whoever that is, has sent as its picture. `None` for what no browser should draw.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let url = is_portrait(bytes).then(|| ObjectUrl::new(bytes, "image/*"))?;
        url.map(Arc::new).map(Self)
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Portrait {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

/// Draws a picture of oneself from a file. `None` for what is no picture, or can't be read.
pub async fn draw(file: web_sys::File) -> Option<Vec<u8>> {
    let bytes = bytes_of(&file).await?;
    draw_portrait(&bytes, MAX_PICTURE).await
}
