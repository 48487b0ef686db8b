//! Addresses: hash routes, what becomes of an invite link in the address bar, and what the system asks of an installed app.

use std::rc::Rc;

use discordopus_core::ids::GroupId;
use discordopus_core::invite::{Link, LinkError};
use leptos::prelude::*;

use super::dom;
use super::dom::install::Launches;

/// What is on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The first page.
    Home,
    /// An invite, or a join that waits.
    Join,
    /// A group.
    Group(GroupId),
    /// What is set on this device.
    Settings,
    /// Whether the servers can be reached, and what can be told of the app.
    Connection,
}

/// What the system asks of the app beside a place to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A new group.
    Create,
    /// A field for an invite link.
    Paste,
    /// A text of another program, for one of the groups.
    Share(String),
}

/// What an address asks for.
#[derive(PartialEq, Eq)]
pub(crate) enum Address<'a> {
    /// A route.
    Known(Route),
    /// A shortcut of the installed app.
    Shortcut(Wish),
    /// A link in the app's own scheme, as the system put it into an address.
    Opened(&'a str),
    /// The secret part of an invite link.
    Invite(&'a str),
    /// Nothing of ours.
    Unknown,
}

impl Address<'_> {
    /// Reads the fragment of an address, with or without its `#`.
    pub(crate) fn parse(fragment: &str) -> Address<'_> {
        let path = fragment.strip_prefix('#').unwrap_or(fragment);
        let path = path.strip_prefix('/').unwrap_or(path);
        match path.split_once('/') {
            None if path.is_empty() => Address::Known(Route::Home),
            None if path == "join" => Address::Known(Route::Join),
            None if path == "settings" => Address::Known(Route::Settings),
            None if path == "connection" => Address::Known(Route::Connection),
            None if path == "create" => Address::Shortcut(Wish::Create),
            None if path == "paste" => Address::Shortcut(Wish::Paste),
            Some(("open", link)) => Address::Opened(link),
            Some(("join", "")) => Address::Known(Route::Join),
            Some(("join", secret)) => Address::Invite(secret),
            Some(("g", id)) => id
                .parse()
                .map_or(Address::Unknown, |id| Address::Known(Route::Group(id))),
            _ => Address::Unknown,
        }
    }
}

impl Route {
    /// The fragment of this route's address, with `#`.
    #[must_use]
    pub fn href(self) -> String {
        match self {
            Self::Home => "#/".to_owned(),
            Self::Join => "#/join".to_owned(),
            Self::Group(id) => format!("#/g/{id}"),
            Self::Settings => "#/settings".to_owned(),
            Self::Connection => "#/connection".to_owned(),
        }
    }
}

/// Where the person is, and the invite that is on offer. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Navigation {
    route: RwSignal<Route>,
    offer: RwSignal<Option<Result<Link, LinkError>>>,
    wish: RwSignal<Option<Wish>>,
}

/// What a share target's query is called, in the order in which it is put together.
const SHARED: [&str; 3] = ["title", "text", "url"];

impl Navigation {
    /// Reads the address now and whenever it changes.
    #[must_use]
    pub fn start() -> Self {
        let navigation = Self {
            route: RwSignal::new(Route::Home),
            offer: RwSignal::new(None),
            wish: RwSignal::new(None),
        };
        let opened_at = dom::address();
        if let Some(query) = dom::take_query() {
            navigation.take_shared(&query);
        }
        navigation.read_address();
        let launches = Launches::hear(opened_at, move |query, fragment| {
            navigation.take_shared(query);
            // Whoever presses the app's icon wants to see it, where it is.
            if !fragment.is_empty() {
                dom::set_fragment(fragment);
            }
        });
        let launches = StoredValue::new_local(Some(launches));
        on_cleanup(move || launches.set_value(None));
        let listener = window_event_listener(leptos::ev::hashchange, move |_| {
            navigation.read_address();
        });
        on_cleanup(move || listener.remove());
        navigation
    }

    /// Where the person is.
    #[must_use]
    pub fn route(&self) -> Route {
        self.route.get()
    }

    /// The `aria-current` of a link to this route.
    #[must_use]
    pub fn current(&self, route: Route) -> Option<&'static str> {
        (self.route() == route).then_some("page")
    }

    /// Goes somewhere, leaving a step to go back to.
    pub fn go(&self, route: Route) {
        dom::set_fragment(&route.href());
        self.show(route);
    }

    /// The invite that was opened or pasted, or why it is none.
    #[must_use]
    pub fn offer(&self) -> Option<Result<Link, LinkError>> {
        self.offer.get()
    }

    /// Shows an invite that was pasted.
    pub fn offer_text(&self, text: &str) {
        self.offer.set(Some(Link::parse(text, dom::now())));
        self.go(Route::Join);
    }

    /// What the system asks for; whoever fulfils it takes it.
    #[must_use]
    pub fn wish(&self) -> Option<Wish> {
        self.wish.get()
    }

    /// The wish is being fulfilled.
    pub fn take_wish(&self) {
        self.wish.set(None);
    }

    /// The offer was taken up or turned down.
    pub fn drop_offer(&self) {
        self.offer.set(None);
    }

    fn read_address(&self) {
        let fragment: Rc<str> = dom::fragment().into();
        match Address::parse(&fragment) {
            Address::Known(route) => self.show(route),
            Address::Invite(_) => {
                // The secret leaves the address bar, the history entry and with them any later screenshot or sync.
                dom::replace_fragment(&Route::Join.href());
                self.offer.set(Some(Link::parse(&fragment, dom::now())));
                self.show(Route::Join);
            }
            Address::Opened(link) => {
                dom::replace_fragment(&Route::Join.href());
                let link = dom::decode(link).unwrap_or_default();
                self.offer.set(Some(Link::parse(&link, dom::now())));
                self.show(Route::Join);
            }
            Address::Shortcut(wish) => {
                dom::replace_fragment(&Route::Home.href());
                self.wish.set(Some(wish));
                self.show(Route::Home);
            }
            Address::Unknown => {
                dom::replace_fragment(&Route::Home.href());
                self.show(Route::Home);
            }
        }
    }

    /// Takes what another program shared: an invite link, or a text for a group.
    fn take_shared(&self, query: &str) {
        let shared = dom::query_values(query, &SHARED);
        let text = shared.join("\n").trim().to_owned();
        if text.is_empty() {
            return;
        }
        match Link::parse(&text, dom::now()) {
            Err(LinkError::NotALink) => self.wish.set(Some(Wish::Share(text))),
            offer => {
                self.offer.set(Some(offer));
                dom::replace_fragment(&Route::Join.href());
                self.show(Route::Join);
            }
        }
    }

    /// Going somewhere is told twice, by the caller and by the address: the page is drawn once.
    fn show(&self, route: Route) {
        if self.route.get_untracked() != route {
            self.route.set(route);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_page() {
        assert!(Address::parse("") == Address::Known(Route::Home));
        assert!(Address::parse("#") == Address::Known(Route::Home));
        assert!(Address::parse("#/") == Address::Known(Route::Home));
        assert!(Address::parse("#/join") == Address::Known(Route::Join));
        assert!(Address::parse("#/join/AQID") == Address::Invite("AQID"));
        assert!(Address::parse("#/create") == Address::Shortcut(Wish::Create));
        assert!(Address::parse("#/paste") == Address::Shortcut(Wish::Paste));
        assert!(Address::parse("#/open/web%2Bd") == Address::Opened("web%2Bd"));
        assert!(Address::parse("#/settings") == Address::Known(Route::Settings));
        assert!(Address::parse("#/connection") == Address::Known(Route::Connection));
        let group = GroupId([7; 32]);
        let href = Route::Group(group).href();
        assert!(Address::parse(&href) == Address::Known(Route::Group(group)));
    }

    #[test]
    fn an_address_that_is_not_ours_leads_nowhere() {
        assert!(Address::parse("#/g/short") == Address::Unknown);
        assert!(Address::parse("#/settings/x") == Address::Unknown);
        assert!(Address::parse("#nothing") == Address::Unknown);
    }
}
