//! Files between the interface and the client: chosen, made ready, brought back.

use std::sync::Arc;

use discordopus_core::chat::Attached;
use discordopus_core::file::{
    CHUNK, FileKey, Look, MAX_MAILED, MAX_MEDIA_TYPE, MAX_NAME, MAX_SEGMENTS, MAX_WAVEFORM, SEGMENT,
};
use discordopus_core::ids::{GroupId, Timestamp};
use discordopus_core::io::{NewFile, Settings};
use discordopus_core::store::ChunkQuery;
use send_wrapper::SendWrapper;
use web_sys::File;

use super::sound::MicrophoneProblem;
use super::voice::{problem, wishes};
use super::{Commands, storage_state, uploads};
use crate::browser::audio::{Meter, Microphone};
use crate::browser::clock;
use crate::browser::file::{NewFile as NewBrowserFile, Saving};
use crate::browser::files::{self, ObjectUrl, Recorder};

/// Largest picture that is taken to be made smaller, in bytes: what a good camera writes.
const MAX_ORIGINAL: f64 = 40.0 * 1024.0 * 1024.0;
/// Longest voice message, in milliseconds: what fits a small file at the rate that voices are recorded with.
pub const MAX_RECORDING: u32 = 110_000;
/// What browsers play here.
const SOUNDS: [&str; 6] = [
    "audio/webm",
    "audio/ogg",
    "audio/mp4",
    "audio/mpeg",
    "audio/wav",
    "audio/flac",
];

/// Largest file that can be sent, in bytes: what a message can describe.
const MAX_FILE: u64 = (MAX_SEGMENTS * SEGMENT * CHUNK) as u64;
/// Chunks that are handed over or opened together, 1 MB.
const TOGETHER: usize = 64;

/// Why a file can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileProblem {
    /// Larger than what can be sent.
    TooLarge,
    /// The system doesn't give it, or not any more.
    Unreadable,
    /// There is no room for the copy that is kept here.
    NoRoom,
    /// The person has changed their mind.
    Stopped,
}

/// Where a file's bytes are.
#[derive(Debug, Clone)]
enum Source {
    Here(Arc<Vec<u8>>),
    /// Too large to be held: read piece by piece.
    There(SendWrapper<File>),
}

/// A file that the person wants to send.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    media_type: String,
    source: Source,
    /// Its size in pixels, if it is a picture.
    picture: Option<(u32, u32)>,
}

impl Chosen {
    /// How long it is.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.source {
            Source::Here(bytes) => bytes.len() as u64,
            Source::There(file) => file.size() as u64,
        }
    }

    /// Whether it is a picture.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        self.picture.is_some()
    }

    /// Where it can be seen, if it is a picture.
    #[must_use]
    pub fn preview(&self) -> Option<ObjectUrl> {
        match &self.source {
            Source::Here(bytes) if self.is_picture() => ObjectUrl::new(bytes, "image/*"),
            _ => None,
        }
    }

    /// Reads a file that the person chose, dropped or pasted.
    ///
    /// # Errors
    /// [`FileProblem`]; of what is large nothing is read yet.
    pub async fn read(file: File) -> Result<Self, FileProblem> {
        let name = clean(&file.name());
        let media_type = media_type(&file.type_());
        let is_image = file.type_().starts_with("image/");
        let size = file.size();
        if size > MAX_FILE as f64 {
            return Err(FileProblem::TooLarge);
        }
        let (mut picture, mut source) = (None, None);
        if size <= MAX_MAILED as f64 || (is_image && size <= MAX_ORIGINAL) {
            let bytes = files::bytes_of(&file).await;
            let bytes = bytes.ok_or(FileProblem::Unreadable)?;
            picture = files::is_drawable(&bytes);
            if picture.is_some() || bytes.len() <= MAX_MAILED {
                source = Some(Source::Here(Arc::new(bytes)));
            }
        }
        let source = source.unwrap_or_else(|| Source::There(SendWrapper::new(file)));
        Ok(Self {
            name,
            media_type,
            source,
            picture,
        })
    }

    /// Makes it ready to be sent: pictures without what a camera wrote beside them if `bare`, and small enough. What stays
    /// large is handed over at once; `go_on` is told how far that is, and says whether it is still wanted.
    ///
    /// # Errors
    /// [`FileProblem::TooLarge`] for a picture that can't be made small enough; [`FileProblem::Unreadable`] where the
    /// browser can't draw or encrypt; [`FileProblem::NoRoom`] where the storage takes no more; [`FileProblem::Stopped`].
    pub async fn prepare(
        &self,
        bare: bool,
        to: (&Commands, GroupId),
        go_on: impl FnMut(f64) -> bool,
    ) -> Result<NewFile, FileProblem> {
        let look = match self.picture {
            Some((width, height)) => Look::Picture { width, height },
            None => Look::Plain,
        };
        let Source::Here(bytes) = &self.source else {
            return self.hand_over(look, to, go_on).await;
        };
        // A drawn picture moves no more.
        let moves = bytes.starts_with(b"GIF8");
        if self.picture.is_some() && bare && !moves {
            let reduced = files::reduce(bytes, MAX_MAILED).await;
            let reduced = reduced.ok_or(FileProblem::TooLarge)?;
            let (width, height) = (reduced.width, reduced.height);
            let look = Look::Picture { width, height };
            let name = renamed(&self.name, &reduced.media_type);
            return ready(name, reduced.media_type, &reduced.bytes, look).await;
        }
        if bytes.len() > MAX_MAILED {
            return self.hand_over(look, to, go_on).await;
        }
        let (name, media_type) = (self.name.clone(), self.media_type.clone());
        ready(name, media_type, bytes, look).await
    }

    async fn part(&self, from: u64, to: u64) -> Option<Vec<u8>> {
        match &self.source {
            Source::Here(bytes) => {
                let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
                Some(bytes.get(from..to)?.to_vec())
            }
            Source::There(file) => files::part_of(file, from, to).await,
        }
    }

    /// Encrypts a large file piece by piece; each has to be stored before the next one is read.
    async fn hand_over(
        &self,
        look: Look,
        (commands, group): (&Commands, GroupId),
        go_on: impl FnMut(f64) -> bool,
    ) -> Result<NewFile, FileProblem> {
        let size = self.size();
        if !has_room(size).await {
            return Err(FileProblem::NoRoom);
        }
        let upload = uploads::number();
        let handed_over = self.pour(upload, commands, group, go_on).await;
        if handed_over.is_err() {
            commands.drop_upload(group, upload);
        }
        Ok(NewFile {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size,
            key: handed_over?,
            look,
            chunks: Vec::new(),
            upload: Some(upload),
        })
    }

    async fn pour(
        &self,
        upload: u64,
        commands: &Commands,
        group: GroupId,
        mut go_on: impl FnMut(f64) -> bool,
    ) -> Result<FileKey, FileProblem> {
        let sealer = files::Sealer::new().await;
        let mut sealer = sealer.ok_or(FileProblem::Unreadable)?;
        let size = self.size();
        let mut from = 0;
        while from < size {
            if !go_on(from as f64 / size as f64) {
                return Err(FileProblem::Stopped);
            }
            let to = size.min(from + (TOGETHER * CHUNK) as u64);
            let bytes = self.part(from, to).await;
            // It may have been changed or deleted since it was chosen.
            let bytes = bytes.filter(|it| it.len() as u64 == to - from);
            let bytes = bytes.ok_or(FileProblem::Unreadable)?;
            let chunks = sealer.seal(&bytes).await.ok_or(FileProblem::Unreadable)?;
            let kept = uploads::wait(upload);
            commands.keep_chunks(group, upload, chunks.into_iter().map(Into::into).collect());
            kept.await.map_err(|_| FileProblem::NoRoom)?;
            from = to;
        }
        Ok(sealer.into_key())
    }
}

/// These aren't sent after all.
pub fn let_go(commands: &Commands, group: GroupId, files: &[NewFile]) {
    for upload in files.iter().filter_map(|file| file.upload) {
        commands.drop_upload(group, upload);
    }
}

/// Whether the browser gives so much more room, as far as it says.
async fn has_room(size: u64) -> bool {
    let (state, _) = storage_state().await;
    // What it says is rounded, and the storage needs some of its own.
    state.is_none_or(|(used, quota)| used + size as f64 * 1.05 < quota)
}

async fn ready(
    name: String,
    media_type: String,
    bytes: &[u8],
    look: Look,
) -> Result<NewFile, FileProblem> {
    if bytes.len() > MAX_MAILED {
        return Err(FileProblem::TooLarge);
    }
    let sealed = files::seal(bytes).await.ok_or(FileProblem::Unreadable)?;
    Ok(NewFile {
        name,
        media_type,
        size: bytes.len() as u64,
        key: sealed.key,
        look,
        chunks: sealed.chunks.into_iter().map(Into::into).collect(),
        upload: None,
    })
}

/// A name without folders and of a length that a message takes.
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = name.chars().filter(|it| !it.is_control()).collect();
    while clean.len() > MAX_NAME {
        // The end says what kind of file it is.
        clean.remove(0);
    }
    if clean.is_empty() {
        clean.push_str("file");
    }
    clean
}

fn media_type(given: &str) -> String {
    let plain = given.split(';').next().unwrap_or_default().trim();
    if plain.is_ascii() && plain.len() <= MAX_MEDIA_TYPE {
        plain.to_ascii_lowercase()
    } else {
        String::new()
    }
}

/// The name with the ending of what a picture was written as.
fn renamed(name: &str, media_type: &str) -> String {
    let ending = match media_type {
        "image/webp" => "webp",
        "image/jpeg" => "jpg",
        _ => "png",
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    clean(&format!("{stem}.{ending}"))
}

/// What is here of a file.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// All of it.
    Whole(Arc<Vec<u8>>),
    /// Not all of it.
    Missing,
    /// All of it, but not what its sender encrypted.
    Damaged,
}

/// Brings a file from the storage.
pub async fn load(commands: &Commands, group: GroupId, attached: &Attached) -> Loaded {
    let file = &attached.file;
    let count = usize::try_from(file.chunks()).unwrap_or(usize::MAX);
    let query = ChunkQuery {
        group,
        number: attached.number,
        first: 0,
        limit: count,
    };
    match commands.chunks(query).await {
        Ok(chunks) if chunks.len() == count => {
            match files::open(&file.key, chunks.iter().map(|it| it.as_slice())).await {
                Some(bytes) if bytes.len() as u64 == file.size => Loaded::Whole(Arc::new(bytes)),
                _ => Loaded::Damaged,
            }
        }
        _ => Loaded::Missing,
    }
}

/// A file that is being saved; the browser lets go of it with this.
pub type Saved = Saving;

/// Hands a file to the person, piece by piece from the storage: it may be larger than memory. `go_on` is told how far that
/// is, and says whether it is still wanted. `None` if it isn't all here, or not what its sender encrypted.
pub async fn save_from_storage(
    commands: &Commands,
    group: GroupId,
    attached: &Attached,
    mut go_on: impl FnMut(f64) -> bool,
) -> Option<Saved> {
    let file = &attached.file;
    let count = file.chunks();
    let mut opener = files::Opener::new(&file.key).await?;
    let made = NewBrowserFile::default();
    let mut first = 0;
    while first < count {
        if !go_on(first as f64 / count as f64) {
            return None;
        }
        let limit = usize::try_from(count - first).ok()?.min(TOGETHER);
        let query = ChunkQuery {
            group,
            number: attached.number,
            first: u32::try_from(first).ok()?,
            limit,
        };
        let chunks = commands.chunks(query).await.ok()?;
        if chunks.len() != limit {
            return None;
        }
        made.add(&opener.open(chunks.iter().map(|it| it.as_slice())).await?);
        first += limit as u64;
    }
    made.save(&file.name)
}

/// Where a picture can be seen, and its size in pixels. `None` for what is no picture, or would take too much memory:
/// its own bytes say so, whatever its sender did.
#[must_use]
pub fn picture(bytes: &[u8]) -> Option<(ObjectUrl, (u32, u32))> {
    let size = files::is_drawable(bytes)?;
    Some((ObjectUrl::new(bytes, "image/*")?, size))
}

/// Where a recording can be heard. `None` for what browsers don't play.
#[must_use]
pub fn sound(bytes: &[u8], media_type: &str) -> Option<ObjectUrl> {
    let known = SOUNDS.into_iter().find(|known| *known == media_type)?;
    ObjectUrl::new(bytes, known)
}

/// Hands a file to the person.
pub fn save(bytes: &[u8], name: &str) {
    files::save(bytes, name);
}

/// A voice message that is being recorded. Dropped without an end, it leaves nothing.
#[derive(Debug)]
pub struct VoiceMessage {
    recorder: Recorder,
    meter: Option<Meter>,
    /// Open as long as this lives.
    _microphone: Microphone,
    levels: Vec<u8>,
    began: Timestamp,
}

impl VoiceMessage {
    /// Opens the microphone and begins.
    ///
    /// # Errors
    /// [`MicrophoneProblem`].
    pub async fn start(settings: &Settings) -> Result<Self, MicrophoneProblem> {
        let microphone = Microphone::open(&wishes(settings), false, || ()).await;
        let microphone = microphone.map_err(problem)?;
        let recorder = Recorder::start(microphone.stream());
        Ok(Self {
            recorder: recorder.ok_or(MicrophoneProblem::Unusable)?,
            meter: Meter::new(microphone.stream()),
            _microphone: microphone,
            levels: Vec::new(),
            began: clock::now(),
        })
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub fn length(&self) -> u32 {
        u32::try_from(clock::now().since(self.began)).unwrap_or(u32::MAX)
    }

    /// Notes how loud it is now.
    pub fn listen(&mut self) {
        let level = self.meter.as_ref().map_or(0.0, Meter::level);
        // Speech lies between -60 dB and 0 dB; what is louder or softer looks the same.
        let share = (1.0 + level.max(1e-6).log10() / 3.0).clamp(0.0, 1.0);
        self.levels.push((share * 255.0) as u8);
    }

    /// Ends it, and makes it ready to be sent under this name.
    ///
    /// # Errors
    /// [`FileProblem`].
    pub async fn finish(self, name: &str) -> Result<NewFile, FileProblem> {
        let milliseconds = self.length();
        let recording = self.recorder.finish().await;
        let recording = recording.ok_or(FileProblem::Unreadable)?;
        let waveform = bars(&self.levels);
        let look = Look::Sound {
            milliseconds,
            waveform,
        };
        ready(
            name.to_owned(),
            recording.media_type,
            &recording.bytes,
            look,
        )
        .await
    }
}

/// The loudest moments of equal parts of the time.
fn bars(levels: &[u8]) -> Vec<u8> {
    let count = levels.len().min(MAX_WAVEFORM);
    (0..count)
        .map(|bar| {
            let (from, to) = (bar * levels.len() / count, (bar + 1) * levels.len() / count);
            let part = levels.get(from..to).unwrap_or_default();
            part.iter().copied().max().unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_folders_and_keep_their_ending() {
        assert_eq!(clean("C:\\my files\\a.txt"), "a.txt");
        assert_eq!(clean("../../etc/passwd"), "passwd");
        assert_eq!(clean("a\u{0}b\n.txt"), "ab.txt");
        assert_eq!(clean("folder/"), "file");
        let long = clean(&format!("{}.jpeg", "ä".repeat(300)));
        assert!(long.len() <= MAX_NAME && long.ends_with(".jpeg"));
        assert_eq!(
            renamed("holiday.tar.HEIC", "image/webp"),
            "holiday.tar.webp"
        );
    }

    #[test]
    fn a_waveform_has_at_most_so_many_bars_and_shows_the_loudest() {
        assert!(bars(&[]).is_empty());
        assert_eq!(bars(&[1, 2, 3]), [1, 2, 3]);
        let mut long = vec![1; 1_000];
        long[999] = 200;
        let bars = bars(&long);
        assert_eq!(bars.len(), MAX_WAVEFORM);
        assert_eq!((bars[0], bars[MAX_WAVEFORM - 1]), (1, 200));
    }

    #[test]
    fn media_types_lose_what_is_behind_them() {
        assert_eq!(media_type("Audio/WebM; codecs=opus"), "audio/webm");
        assert_eq!(media_type("ä"), "");
    }
}
