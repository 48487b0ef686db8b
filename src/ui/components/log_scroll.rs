//! Where the log is scrolled to: it sticks to its end, or keeps what is being read in place while rows come and go.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::wasm_bindgen::prelude::Closure;
use leptos::web_sys::{Element, HtmlElement, ResizeObserver};

use super::log::Edge;
use crate::ui::dom;

/// The id of the element that scrolls.
pub(super) const FRAME: &str = "log";
/// The id of the rows in it.
pub(super) const ROWS: &str = "log-rows";

/// Nearer than this to the end counts as being there, in CSS pixels: a line of text and rounding.
const NEAR_END: f64 = 40.0;
/// Nearer than this to an edge more rows are fetched: they are there before the edge is reached.
const NEAR_EDGE: f64 = 600.0;

/// Keeps the scroll position. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LogScroll {
    at_end: RwSignal<bool>,
    state: StoredValue<Rc<State>, LocalStorage>,
}

struct State {
    sticks: Cell<bool>,
    /// How the log stood when it was last looked at.
    seen: Cell<Stand>,
    placed: Cell<bool>,
    /// A message, by the id of its element, and how far below the frame's upper edge it begins.
    anchor: RefCell<Option<(String, f64)>>,
    near: Box<dyn Fn(Edge)>,
    observer: RefCell<Option<SizeWatch>>,
}

/// How a log stands, in CSS pixels.
#[derive(Clone, Copy, Default)]
struct Stand {
    content: i32,
    frame: i32,
    width: i32,
    top: i32,
}

impl Stand {
    fn of(frame: &HtmlElement) -> Self {
        Self {
            content: frame.scroll_height(),
            frame: frame.client_height(),
            width: frame.client_width(),
            top: frame.scroll_top(),
        }
    }

    fn has_sizes_of(self, other: Self) -> bool {
        self.content == other.content && self.has_frame_of(other)
    }

    fn has_frame_of(self, other: Self) -> bool {
        (self.frame, self.width) == (other.frame, other.width)
    }

    fn to_end(self) -> f64 {
        f64::from(self.content - self.frame - self.top)
    }

    /// How far the person has moved since: rows that come or go move nothing by themselves, unless so many went that the
    /// browser had to. In a frame of another size nothing stands where it was, whoever moved it.
    fn moved_since(self, before: Self) -> i32 {
        let had_to = before.top > self.content - self.frame;
        match had_to || !self.has_frame_of(before) {
            true => 0,
            false => self.top - before.top,
        }
    }
}

/// A resize observer that ends with its owner.
struct SizeWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl LogScroll {
    /// `at_end` is kept up to date; `near` is told when an edge comes near.
    pub(super) fn new(at_end: RwSignal<bool>, near: impl Fn(Edge) + 'static) -> Self {
        let scroll = Self {
            at_end,
            state: StoredValue::new_local(Rc::new(State {
                sticks: Cell::new(true),
                seen: Cell::default(),
                placed: Cell::new(false),
                anchor: RefCell::new(None),
                near: Box::new(near),
                observer: RefCell::new(None),
            })),
        };
        request_animation_frame(move || scroll.observe());
        scroll
    }

    /// Goes to the newest message and stays there.
    pub(super) fn to_end(self) {
        if let Some(state) = self.state() {
            state.sticks.set(true);
        }
        request_animation_frame(move || self.keep());
    }

    /// Goes to a row, once it is drawn, and makes it stand out for a moment.
    pub(super) fn to_row(self, id: String) {
        if let Some(state) = self.state() {
            state.sticks.set(false);
            state.placed.set(true);
            state.anchor.replace(None);
        }
        request_animation_frame(move || {
            let (Some(row), Some(frame)) = (dom::element(&id), dom::element(FRAME)) else {
                return;
            };
            let above = offset_in(&row, &frame) - f64::from(frame.client_height()) / 3.0;
            frame.set_scroll_top(frame.scroll_top() + above.round() as i32);
            // Taken away and set again, so that it is seen each time.
            let _ = row.class_list().remove_1("sought");
            let _ = row.offset_width();
            let _ = row.class_list().add_1("sought");
            if let Some(state) = self.state() {
                self.stay(&state, &frame);
            }
        });
    }

    /// The person scrolled, or the browser did.
    pub(super) fn moved(self) {
        let (Some(state), Some(frame)) = (self.state(), dom::element(FRAME)) else {
            return;
        };
        if Stand::of(&frame).has_sizes_of(state.seen.get()) {
            self.stay(&state, &frame);
        } else {
            // Not the person alone has moved, but also what is shown, or the window around it.
            self.keep();
        }
    }

    /// Takes where the log is for where the person wants it.
    fn stay(self, state: &State, frame: &HtmlElement) {
        let at_end = Stand::of(frame).to_end() < NEAR_END;
        state.sticks.set(at_end);
        let anchor = (!at_end).then(|| self.find_anchor(frame)).flatten();
        state.anchor.replace(anchor);
        self.look(state, frame);
    }

    /// Rows or sizes changed: puts what was seen back where it was, but for what the person has moved in the same frame.
    pub(super) fn keep(self) {
        let (Some(state), Some(frame)) = (self.state(), dom::element(FRAME)) else {
            return;
        };
        if !state.placed.get() && self.place_first(&state, &frame) {
            return;
        }
        let now = Stand::of(&frame);
        let by_person = now.moved_since(state.seen.get());
        if state.sticks.get() && (by_person >= 0 || now.to_end() < NEAR_END) {
            frame.set_scroll_top(now.content);
        } else {
            state.sticks.set(false);
            self.hold(&state, &frame, by_person);
        }
        self.look(&state, &frame);
    }

    /// Puts the row that was held on to back where it was, or as far from there as the person has moved.
    fn hold(self, state: &State, frame: &HtmlElement, by_person: i32) {
        let held = state.anchor.borrow().clone();
        let held = held.and_then(|(id, offset)| Some((dom::element(&id)?, offset)));
        let is_held = held.is_some();
        if let Some((row, offset)) = held {
            let shift = offset_in(&row, frame) - offset + f64::from(by_person);
            if shift.abs() >= 1.0 {
                frame.set_scroll_top(frame.scroll_top() + shift.round() as i32);
            }
        }
        // It was let go of, or may go out of sight: another one, or every page that comes would fetch the next.
        if !is_held || by_person != 0 {
            state.anchor.replace(self.find_anchor(frame));
        }
    }

    /// The first time there are rows: where reading goes on, which is the line above what is new, if there is one.
    fn place_first(self, state: &State, frame: &HtmlElement) -> bool {
        let Some(line) = dom::element("new-messages") else {
            return false;
        };
        let above = offset_in(&line, frame) - f64::from(frame.client_height()) / 4.0;
        frame.set_scroll_top(frame.scroll_top() + above.round() as i32);
        state.placed.set(true);
        self.stay(state, frame);
        true
    }

    /// Remembers how the log stands now, and says what follows from it.
    fn look(self, state: &State, frame: &HtmlElement) {
        let now = Stand::of(frame);
        state.seen.set(now);
        self.tell_at_end(now.to_end() < NEAR_END);
        if f64::from(now.top) < NEAR_EDGE {
            (state.near)(Edge::Top);
        }
        if now.to_end() < NEAR_EDGE {
            (state.near)(Edge::Bottom);
        }
    }

    fn tell_at_end(self, at_end: bool) {
        if self.at_end.try_get_untracked() == Some(!at_end) {
            self.at_end.set(at_end);
        }
    }

    /// The first message that reaches into view, and how far below the frame's upper edge it begins. What stands between
    /// messages, above all a day or the line above the oldest, doesn't stay with them when older ones come.
    fn find_anchor(self, frame: &HtmlElement) -> Option<(String, f64)> {
        let rows = dom::element(ROWS)?.children();
        let top = frame.get_bounding_client_rect().top();
        let (mut low, mut high) = (0, rows.length());
        while low < high {
            let middle = low + (high - low) / 2;
            let row = rows.item(middle)?;
            if row.get_bounding_client_rect().bottom() > top {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut inward = (low..rows.length()).filter_map(|at| rows.item(at));
        let row = inward.find(|row| !row.id().is_empty() && row.tag_name() == "ARTICLE")?;
        Some((row.id(), offset_in(&row, frame)))
    }

    /// Sizes count once there is something drawn.
    fn observe(self) {
        let (Some(state), Some(frame), Some(rows)) =
            (self.state(), dom::element(FRAME), dom::element(ROWS))
        else {
            return;
        };
        let callback = Closure::<dyn FnMut()>::new(move || self.keep());
        let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&frame);
        observer.observe(&rows);
        state.observer.replace(Some(SizeWatch {
            observer,
            _callback: callback,
        }));
    }

    /// Gone once the log is: a frame that was asked for earlier may still come.
    fn state(self) -> Option<Rc<State>> {
        self.state.try_get_value()
    }
}

fn offset_in(row: &Element, frame: &HtmlElement) -> f64 {
    row.get_bounding_client_rect().top() - frame.get_bounding_client_rect().top()
}
