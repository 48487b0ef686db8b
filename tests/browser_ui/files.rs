//! Files of messages: chosen, sent, seen, heard, and missing.

use discordopus::runtime::{HistoryRequest, Query, Reply};
use discordopus_core::chat::{Attached, Body, Delivery, MessageView};
use discordopus_core::file::{CHUNK, CHUNK_TAG, File, FileKey, Look, segment_hash};
use discordopus_core::io::{Command, Event, FetchState, FileProgress, GroupView, NewFile};
use discordopus_core::store::StoreError;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{DataTransfer, EventInit, HtmlImageElement, HtmlInputElement};

use super::answer_history;
use super::scene::{ADA, CLUB, club, club_page, message, told};
use super::stage::Stage;

/// The app with an empty log.
async fn conversation() -> Stage {
    let stage = Stage::running(&club_page(), [told(club())]);
    answer_history(&stage, Vec::new()).await;
    stage.find("textbox", "Message").await;
    stage
}

/// A picture of this size that a browser has drawn, as PNG.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let document = web_sys::window().unwrap().document().unwrap();
    let canvas: web_sys::HtmlCanvasElement =
        document.create_element("canvas").unwrap().unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d").unwrap().unwrap();
    let context: web_sys::CanvasRenderingContext2d = context.unchecked_into();
    context.set_fill_style_str("#c33");
    context.fill_rect(0.0, 0.0, f64::from(width), f64::from(height));
    let url = canvas.to_data_url().unwrap();
    let text = web_sys::window()
        .unwrap()
        .atob(url.split_once(',').unwrap().1)
        .unwrap();
    text.chars().map(|it| it as u8).collect()
}

/// The bytes of a PNG with a comment in it, where a camera would write the place.
fn with_place(png: &[u8]) -> Vec<u8> {
    // Behind the header: a chunk of text, whose checksum nobody looks at.
    let (head, rest) = png.split_at(33);
    let words = b"Location\0N 52 31 E 13 24";
    let length = u32::try_from(words.len()).unwrap().to_be_bytes();
    let mut crc = 0xffff_ffff_u32;
    for byte in b"tEXt".iter().chain(words) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                0xedb8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            };
        }
    }
    let crc = (!crc).to_be_bytes();
    [head, &length, b"tEXt", words, &crc, rest].concat()
}

pub(crate) fn file(name: &str, media_type: &str, bytes: &[u8]) -> web_sys::File {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = web_sys::FilePropertyBag::new();
    options.set_type(media_type);
    web_sys::File::new_with_u8_array_sequence_and_options(&parts, name, &options).unwrap()
}

/// Chooses files as the system's own list of them would.
pub(crate) async fn choose(stage: &Stage, files: &[web_sys::File]) {
    let transfer = DataTransfer::new().unwrap();
    for file in files {
        transfer.items().add_with_file(file).unwrap();
    }
    let field: HtmlInputElement = stage.element("input[type=file]").unchecked_into();
    field.set_files(transfer.files().as_ref());
    let init = EventInit::new();
    init.set_bubbles(true);
    let event = web_sys::Event::new_with_event_init_dict("change", &init).unwrap();
    field.dispatch_event(&event).unwrap();
}

async fn sent(stage: &Stage) -> (String, Vec<NewFile>) {
    stage
        .command(|command| match command {
            Command::SendFiles { text, files, .. } => Some((text, files)),
            _ => None,
        })
        .await
}

/// Ada's message with what was made ready to be sent.
fn parcel(new: &NewFile, number: u32) -> MessageView {
    let file = File {
        name: new.name.clone(),
        media_type: new.media_type.clone(),
        size: new.size,
        key: new.key.clone(),
        segments: segment_hash(&[]).to_vec(),
        look: new.look.clone(),
    };
    let mut view = message(7, ADA, "", Delivery::Incoming);
    view.body = Body::Files {
        text: "Look".to_owned(),
        files: vec![Attached { number, file }],
    };
    view
}

fn tell(stage: &Stage, view: MessageView) {
    stage.bridge.on_event(Event::Message(Box::new(view)));
}

/// Answers the next question for a file's chunks.
async fn answer_chunks(stage: &Stage, number: u32, chunks: &[Vec<u8>]) {
    let asked = || stage.history.borrow_mut().try_recv().ok();
    let request: HistoryRequest = stage.until(asked, || "a read of a file".to_owned()).await;
    let Query::Chunks(query) = request.query else {
        panic!("something else than a file was asked for");
    };
    assert_eq!((query.group, query.number, query.first), (CLUB, number, 0));
    let chunks = chunks.iter().cloned().map(Into::into).collect();
    let reply = Reply {
        chunks,
        ..Reply::default()
    };
    request.reply.send(Ok(reply)).unwrap();
}

fn chunks(new: &NewFile) -> Vec<Vec<u8>> {
    new.chunks.iter().map(|chunk| chunk.to_vec()).collect()
}

/// A picture as Ada would send it.
async fn made_ready(stage: &Stage, name: &str, media_type: &str, bytes: &[u8]) -> NewFile {
    choose(stage, &[file(name, media_type, bytes)]).await;
    stage.find("button", &format!("Remove {name}")).await;
    stage.press("button", "Send").await;
    sent(stage).await.1.remove(0)
}

#[wasm_bindgen_test]
async fn chosen_files_go_with_the_words_encrypted_and_whole() {
    let stage = conversation().await;
    let words: Vec<u8> = (0..40_000_u32).map(|it| it as u8).collect();
    choose(&stage, &[file("notes.txt", "text/plain", &words)]).await;
    stage.find("button", "Remove notes.txt").await;
    stage.type_into("Message", "as promised").await;
    stage.press("button", "Send").await;
    let (text, files) = sent(&stage).await;
    assert_eq!(text, "as promised");
    let new = &files[0];
    assert_eq!(
        (new.name.as_str(), new.media_type.as_str(), new.size),
        ("notes.txt", "text/plain", 40_000)
    );
    let lengths: Vec<_> = new.chunks.iter().map(|chunk| chunk.len()).collect();
    assert_eq!(
        lengths,
        [CHUNK + CHUNK_TAG, CHUNK + CHUNK_TAG, 10_000 + CHUNK_TAG]
    );
    let plain = &words[..16];
    assert!(!new.chunks[0].windows(16).any(|it| it == plain));
    assert!(new.key != FileKey([0; 32]));
    stage.gone("button", "Remove notes.txt").await;
}

#[wasm_bindgen_test]
async fn a_file_can_be_taken_out_again() {
    let stage = conversation().await;
    let files = [
        file("a.txt", "text/plain", b"a"),
        file("b.txt", "text/plain", b"b"),
    ];
    choose(&stage, &files).await;
    stage.press("button", "Remove a.txt").await;
    stage.gone("button", "Remove a.txt").await;
    stage.press("button", "Send").await;
    let (_, files) = sent(&stage).await;
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["b.txt"]);
}

/// Chunks that are handed over before their message, and under which number.
async fn handed_over(stage: &Stage) -> (u64, usize) {
    stage
        .command(|command| match command {
            Command::KeepChunks { upload, chunks, .. } => Some((upload, chunks.len())),
            _ => None,
        })
        .await
}

fn kept(upload: u64, count: u32) -> Event {
    Event::ChunksKept {
        group: CLUB,
        upload,
        count,
    }
}

#[wasm_bindgen_test]
async fn a_large_file_is_handed_over_as_fast_as_it_is_stored_and_then_sent() {
    let stage = conversation().await;
    let large = vec![7; 1_500_000];
    choose(&stage, &[file("film.bin", "video/mp4", &large)]).await;
    stage.find("button", "Remove film.bin").await;
    stage.press("button", "Send").await;
    let (upload, first) = handed_over(&stage).await;
    assert_eq!(first, 64);
    stage.find("button", "Cancel").await;
    stage.bridge.on_event(kept(upload, 64));
    assert_eq!(handed_over(&stage).await, (upload, 36));
    stage.bridge.on_event(kept(upload, 100));
    let (_, files) = sent(&stage).await;
    assert_eq!((files[0].size, files[0].upload), (1_500_000, Some(upload)));
    assert!(files[0].chunks.is_empty());
    stage.gone("button", "Remove film.bin").await;
}

#[wasm_bindgen_test]
async fn a_large_file_that_is_called_off_or_finds_no_room_stays_in_the_tray_and_is_let_go_of() {
    let stage = conversation().await;
    let large = vec![7; 1_500_000];
    choose(&stage, &[file("film.bin", "video/mp4", &large)]).await;
    stage.find("button", "Remove film.bin").await;
    let dropped = async || {
        stage
            .command(|command| match command {
                Command::DropUpload { upload, .. } => Some(upload),
                _ => None,
            })
            .await
    };
    stage.press("button", "Send").await;
    let (upload, _) = handed_over(&stage).await;
    stage.press("button", "Cancel").await;
    stage.bridge.on_event(kept(upload, 64));
    assert_eq!(dropped().await, upload);
    stage.find("button", "Remove film.bin").await;

    stage.press("button", "Send").await;
    let (upload, _) = handed_over(&stage).await;
    stage
        .bridge
        .on_event(Event::Storage(Some(StoreError::Full)));
    assert_eq!(dropped().await, upload);
    stage
        .see("There is not enough room on this device to send film.bin")
        .await;
    stage.find("button", "Remove film.bin").await;
}

#[wasm_bindgen_test]
async fn a_large_file_is_fetched_when_it_is_wanted_says_how_far_it_is_and_can_be_stopped() {
    let stage = conversation().await;
    let new = NewFile {
        name: "film.bin".to_owned(),
        media_type: "video/mp4".to_owned(),
        size: 1_500_000,
        key: FileKey([1; 32]),
        look: Look::Plain,
        chunks: Vec::new(),
        upload: None,
    };
    let absent = |files: &[u32]| {
        let absent_files = files.to_vec();
        told(GroupView {
            absent_files,
            ..club()
        })
    };
    stage.bridge.on_event(absent(&[9]));
    stage
        .bridge
        .on_event(Event::Message(Box::new(parcel(&new, 9))));
    stage.press("button", "Download film.bin").await;
    stage
        .command(|command| match command {
            Command::FetchFile { number: 9, .. } => Some(()),
            _ => None,
        })
        .await;
    let progress = |here, state| Event::FileProgress {
        group: CLUB,
        progress: FileProgress {
            number: 9,
            here,
            state,
        },
    };
    let from = ADA;
    for (state, words) in [
        (FetchState::Looking, "Looking for somebody who has it…"),
        (FetchState::Connecting { from }, "Connecting to Ada…"),
        (FetchState::Coming { from }, "32%, from Ada"),
        (FetchState::NoPath { from }, "no direct connection to them"),
        (FetchState::Nobody, "Nobody who is here has it; Ada sent it"),
    ] {
        stage.bridge.on_event(progress(32, state));
        stage.see(words).await;
    }
    stage.press("button", "Stop downloading film.bin").await;
    stage
        .command(|command| match command {
            Command::StopFile { number: 9, .. } => Some(()),
            _ => None,
        })
        .await;
    stage.find("button", "Download film.bin").await;
    let number = 9;
    let here = Event::FileHere {
        group: CLUB,
        number,
    };
    stage.bridge.on_event(absent(&[]));
    stage.bridge.on_event(here);
    stage.find("button", "Save film.bin").await;
}

#[wasm_bindgen_test]
async fn pictures_lose_the_place_where_they_were_taken_unless_one_says_otherwise() {
    let stage = conversation().await;
    let original = with_place(&png(60, 40));
    let new = made_ready(&stage, "home.png", "image/png", &original).await;
    assert_eq!(
        new.look,
        Look::Picture {
            width: 60,
            height: 40
        }
    );
    assert!(new.name.starts_with("home."));
    let opened = opened(&new).await;
    assert!(!holds(&opened, b"Location"));

    choose(&stage, &[file("home.png", "image/png", &original)]).await;
    stage
        .press("checkbox", "Remove place and camera data from pictures")
        .await;
    stage.press("button", "Send").await;
    let new = sent(&stage).await.1.remove(0);
    let opened = self::opened(&new).await;
    assert!(opened == original);
}

/// What the others see of a file: opened by the browser, with the key from the message.
async fn opened(new: &NewFile) -> Vec<u8> {
    discordopus::browser::files::open(&new.key, chunks(new))
        .await
        .unwrap()
}

fn holds(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|it| it == words)
}

#[wasm_bindgen_test]
async fn a_picture_has_its_place_before_it_is_here_and_is_shown_large_when_pressed() {
    let stage = conversation().await;
    let new = made_ready(&stage, "home.png", "image/png", &png(60, 40)).await;
    tell(&stage, parcel(&new, 112));
    stage.see("Look").await;
    let frame = stage.element("svg.picture");
    assert_eq!(frame.get_attribute("width").unwrap(), "60");
    answer_chunks(&stage, 112, &chunks(&new)).await;
    let label = format!("Show {} large", new.name);
    let button = stage.find("button", &label).await;
    let picture: HtmlImageElement = button
        .query_selector("img")
        .unwrap()
        .unwrap()
        .unchecked_into();
    let drawn = || (picture.complete() && picture.natural_width() == 60).then_some(());
    stage.until(drawn, || "the picture".to_owned()).await;
    button.click();
    stage.find("dialog", &new.name).await;
    stage.find("button", &format!("Save {}", new.name)).await;
}

#[wasm_bindgen_test]
async fn a_missing_file_says_who_sent_it_can_be_asked_for_and_appears_when_it_comes() {
    let stage = conversation().await;
    let new = made_ready(&stage, "notes.txt", "text/plain", b"words").await;
    tell(&stage, parcel(&new, 113));
    answer_chunks(&stage, 113, &[]).await;
    stage.see("Ada sent it").await;
    stage.press("button", "Ask again").await;
    let number = stage
        .command(|command| match command {
            Command::FetchFile { number, .. } => Some(number),
            _ => None,
        })
        .await;
    assert_eq!(number, 113);
    stage.bridge.on_event(Event::FileHere {
        group: CLUB,
        number: 113,
    });
    answer_chunks(&stage, 113, &chunks(&new)).await;
    stage.find("button", "Save notes.txt").await;
    stage.gone("button", "Ask again").await;
}

#[wasm_bindgen_test]
async fn a_changed_chunk_is_shown_as_damage_and_offered_to_nobody() {
    let stage = conversation().await;
    let new = made_ready(&stage, "notes.txt", "text/plain", b"words").await;
    tell(&stage, parcel(&new, 114));
    let mut chunks = chunks(&new);
    chunks[0][0] ^= 1;
    answer_chunks(&stage, 114, &chunks).await;
    stage.see("This file is damaged.").await;
    assert!(!stage.has("button", "Save notes.txt"));
}

/// A page in a picture's clothes, and a picture that would need gigabytes.
#[wasm_bindgen_test]
async fn what_only_claims_to_be_a_picture_or_is_a_trap_is_a_plain_file() {
    let stage = conversation().await;
    let mut bomb = png(1, 1);
    bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (number, bytes) in [(120, bomb.as_slice()), (121, svg)] {
        let mut new = made_ready(&stage, "trap.bin", "text/plain", bytes).await;
        new.name = format!("trap-{number}.png");
        new.media_type = "image/svg+xml".to_owned();
        new.look = Look::Picture {
            width: 10,
            height: 10,
        };
        let mut view = parcel(&new, number);
        view.id.0[0] = number as u8;
        tell(&stage, view);
        answer_chunks(&stage, number, &chunks(&new)).await;
        stage
            .find("button", &format!("Save trap-{number}.png"))
            .await;
    }
    assert!(!stage.selects("article img"));
}

/// A voice message that is here, under this number.
async fn voice_message(stage: &Stage, number: u32) {
    let new = made_ready(stage, "voice.wav", "audio/wav", &wave()).await;
    let mut view = parcel(&new, number);
    view.id.0[7] = number as u8;
    if let Body::Files { files, .. } = &mut view.body {
        files[0].file.look = Look::Sound {
            milliseconds: 2_000,
            waveform: vec![10, 200, 90],
        };
    }
    tell(stage, view);
    answer_chunks(stage, number, &chunks(&new)).await;
    let players = || stage.all("button", "Play voice message").pop();
    let ready = || players().filter(|it| !it.has_attribute("disabled"));
    stage.until(ready, || "the sound".to_owned()).await;
}

#[wasm_bindgen_test]
async fn one_voice_message_is_heard_at_a_time() {
    let stage = conversation().await;
    voice_message(&stage, 130).await;
    stage.press("button", "Play voice message").await;
    stage.find("button", "Pause").await;
    let first: web_sys::HtmlAudioElement = stage.element("audio").unchecked_into();
    // It would not end by itself.
    first.set_loop(true);
    voice_message(&stage, 131).await;
    assert!(!first.paused());
    stage.press("button", "Play voice message").await;
    let stopped = || first.paused().then_some(());
    stage
        .until(stopped, || "silence of the first".to_owned())
        .await;
    let plays = || (stage.all("button", "Pause").len() == 1).then_some(());
    stage.until(plays, || "the second alone".to_owned()).await;
}

#[wasm_bindgen_test]
async fn a_voice_message_is_played_stopped_and_heard_faster() {
    let stage = conversation().await;
    voice_message(&stage, 130).await;
    stage.see("0:02").await;
    stage.press("button", "Play voice message").await;
    stage.find("button", "Pause").await;
    stage.press("button", "Speed 1").await;
    stage.find("button", "Speed 1.5").await;
    let audio: web_sys::HtmlAudioElement = stage.element("audio").unchecked_into();
    assert_eq!(audio.playback_rate(), 1.5);
    let moves = || (audio.current_time() > 0.1).then_some(());
    stage.until(moves, || "the sound to go on".to_owned()).await;
    stage.press("button", "Pause").await;
    stage.find("button", "Play voice message").await;
}

/// Two seconds of 440 Hz.
fn wave() -> Vec<u8> {
    let rate = 8_000_u32;
    let samples: Vec<u8> = (0..2 * rate)
        .map(|at| {
            let phase = f64::from(at) / f64::from(rate) * 440.0 * core::f64::consts::TAU;
            (128.0 + 100.0 * phase.sin()) as u8
        })
        .collect();
    let size = u32::try_from(samples.len()).unwrap();
    let mut wave = Vec::new();
    wave.extend(b"RIFF");
    wave.extend((36 + size).to_le_bytes());
    wave.extend(b"WAVEfmt ");
    wave.extend(16_u32.to_le_bytes());
    wave.extend(1_u16.to_le_bytes());
    wave.extend(1_u16.to_le_bytes());
    wave.extend(rate.to_le_bytes());
    wave.extend(rate.to_le_bytes());
    wave.extend(1_u16.to_le_bytes());
    wave.extend(8_u16.to_le_bytes());
    wave.extend(b"data");
    wave.extend(size.to_le_bytes());
    wave.extend(samples);
    wave
}

#[wasm_bindgen_test]
async fn a_recording_is_sent_with_its_length_and_its_picture() {
    let stage = conversation().await;
    stage.press("button", "Record a voice message").await;
    stage.find("button", "Discard").await;
    // A little of the browser's own test tone.
    let long = || stage.text().contains("0:02").then_some(());
    stage.until(long, || "a second of sound".to_owned()).await;
    stage.press("button", "Send voice message").await;
    let (_, files) = sent(&stage).await;
    let Look::Sound {
        milliseconds,
        waveform,
    } = &files[0].look
    else {
        panic!("it is no sound");
    };
    assert!(*milliseconds >= 1_000, "{milliseconds}");
    assert!(!waveform.is_empty());
    assert!(files[0].media_type.starts_with("audio/"));
    stage.find("button", "Record a voice message").await;
}

#[wasm_bindgen_test]
async fn a_discarded_recording_leaves_nothing() {
    let stage = conversation().await;
    stage.press("button", "Record a voice message").await;
    stage.press("button", "Discard").await;
    stage.find("button", "Record a voice message").await;
    stage.type_into("Message", "words").await;
    stage.press("button", "Send").await;
    let text = stage
        .command(|command| match command {
            Command::SendText { text, .. } => Some(text),
            Command::SendFiles { .. } => panic!("a recording was sent"),
            _ => None,
        })
        .await;
    assert_eq!(text, "words");
}

/// Drags a file or words over the page and lets go. Says whether the page takes it.
fn drags(what: &str, event: &str) -> bool {
    let script = format!(
        "(() => {{
        const transfer = new DataTransfer();
        if ('{what}' === 'file') transfer.items.add(new File(['gas, pot'], 'list.txt'));
        else transfer.setData('text/plain', 'words');
        const event = new DragEvent('{event}', {{ bubbles: true, cancelable: true, dataTransfer: transfer }});
        document.querySelector('#log').dispatchEvent(event);
        return event.defaultPrevented;
        }})()"
    );
    js_sys::eval(&script).unwrap().is_truthy()
}

#[wasm_bindgen_test]
async fn a_file_is_taken_wherever_it_is_dropped_and_words_are_left_to_the_fields() {
    let stage = conversation().await;
    assert!(!drags("words", "dragover"));
    assert!(!drags("words", "drop"));
    assert!(drags("file", "dragover"));
    stage.see("Drop files here to send them").await;
    assert!(drags("file", "drop"));
    stage.find("button", "Remove list.txt").await;
    assert!(!stage.text().contains("Drop files here"));
}

#[wasm_bindgen_test]
async fn a_file_that_misses_its_place_does_not_take_the_app_away() {
    let stage = Stage::running("#/settings", [told(club())]);
    let main = stage.element("main");
    main.set_id("log");
    assert!(drags("file", "dragover"));
    assert!(drags("file", "drop"));
}
