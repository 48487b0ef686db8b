//! The part of the walk past files: before they are sent, in the log, and where there is no microphone.

use super::Guide;
use crate::harness::{Name, names};
use anyhow::Result;
use std::path::Path;

/// The size of the picture that is sent.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;

/// A picture of a sky in the evening, as Windows bitmap: the only kind that needs no compression.
pub(crate) fn evening() -> Vec<u8> {
    let pixels = WIDTH * HEIGHT * 3;
    let mut file = b"BM".to_vec();
    for number in [
        54 + pixels,
        0,
        54,
        40,
        WIDTH,
        HEIGHT,
        1 | 24 << 16,
        0,
        pixels,
        0,
        0,
        0,
        0,
    ] {
        file.extend(number.to_le_bytes());
    }
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let (up, across) = (row * 255 / HEIGHT, column * 60 / WIDTH);
            // Blue, green, red.
            file.extend(
                [90 + up * 165 / 255, 70 + up / 3, 235 - up / 2 - across].map(|it| it as u8),
            );
        }
    }
    file
}

/// One that is fetched when it is wanted.
async fn large_file(
    guide: &Guide,
    ben: &Guide,
    folder: &Path,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let film = folder.join("film.bin");
    std::fs::write(&film, vec![7; 700_000])?;
    ben.person.attaches(&film).await?;
    let remove = ben.say_of("Remove {0}", "film.bin");
    ben.person.sees("button", remove.as_str()).await?;
    ben.click("button", names::SEND).await?;
    let download = guide.say_of("Download {0}", "film.bin");
    guide.person.sees("button", download.as_str()).await?;
    stop(guide, "large-file").await?;
    guide.person.click("button", download.as_str()).await?;
    let save = guide.say_of("Save {0}", "film.bin");
    guide.person.sees("button", save.as_str()).await?;
    stop(guide, "large-file-here").await
}

/// A picture and a plain file, and a voice message that nobody can record.
pub(super) async fn files(
    guide: &Guide,
    ben: &Guide,
    stop: &mut impl AsyncFnMut(&Guide, &str) -> Result<()>,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (picture, list) = (
        folder.path().join("evening.bmp"),
        folder.path().join("list.txt"),
    );
    std::fs::write(&picture, evening())?;
    std::fs::write(&list, "stove, pot, gas")?;
    ben.sees("button", "Attach a file").await?;
    ben.person.attaches(&picture).await?;
    let remove = |name| ben.say_of("Remove {0}", name);
    ben.person.sees("button", &*remove("evening.bmp")).await?;
    ben.person.attaches(&list).await?;
    ben.person.sees("button", &*remove("list.txt")).await?;
    stop(ben, "files-to-send").await?;
    ben.click("button", names::SEND).await?;
    let saves = guide.say_of("Save {0}", "list.txt");
    guide.person.sees("button", saves.as_str()).await?;
    guide.person.sees("image", Name::Begins("evening.")).await?;
    stop(guide, "files").await?;
    large_file(guide, ben, folder.path(), stop).await?;
    guide.click("button", "Record a voice message").await?;
    guide
        .person
        .reads(
            "alert",
            guide.say("No microphone was found. Plug one in, then try again."),
        )
        .await?;
    stop(guide, "no-microphone-to-record").await
}
