//! A new group in place of one that can't go on: its founder hands everybody else an invite, over the pairwise channel.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Group;
use super::outgoing::Urgency;
use super::records::Touched;
use crate::client::batch::Step;
use crate::ids::{MemberId, Timestamp};
use crate::invite::{Link, MAX_LIFETIME};
use crate::io::OfferView;
use crate::pairwise::PairwiseKind;
use crate::sync::Sync;
use crate::wire::{self, record};

/// Longest code of a link that is taken: what a link may have at all.
const MAX_CODE: usize = 2_048;

/// An invite into the group that a member has founded anew. The code is as secret as any link.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Offer {
    code: String,
}

record!(Offer { code });

impl Group {
    /// What the new group begins with: this one's name, one's own name, and the relays.
    pub(crate) fn to_refound(&self) -> Option<(String, String, Vec<String>)> {
        let roster = self.roster();
        let me = roster.member(&self.me)?;
        let name = roster.name.clone();
        let own_name = self.name_of(&self.me, &me.card.name);
        self.is_member()
            .then(|| (name, own_name, self.meta.relays.clone()))
    }

    /// How many others an invite into the new group is for.
    pub(crate) fn count_others(&self) -> u32 {
        u32::try_from(self.others().len()).unwrap_or(u32::MAX)
    }

    /// Hands the invite into the new group to everybody else.
    pub(crate) fn offer(&mut self, link: &Link, step: &mut Step<'_>) {
        let body = wire::encode_secret(&Sync::Refounded {
            code: link.to_code().to_string(),
        });
        for member in self.others() {
            self.send_pairwise(member, PairwiseKind::Sync, &body, Urgency::Queued, step);
        }
    }

    /// A member has founded the group anew. Its last offer counts.
    pub(super) fn on_refounded(&mut self, from: MemberId, code: String, step: &mut Step<'_>) {
        let elsewhere = |link: Link| link.group != self.id;
        if code.len() > MAX_CODE || !Link::parse(&code, step.now).is_ok_and(elsewhere) {
            self.count_bad_frame(step.now);
            return;
        }
        self.offers.insert(from, Offer { code });
        self.touch(Touched::Offer(from));
        self.view_changed = true;
    }

    /// Takes an offer out: the link, and the name that one has here.
    pub(crate) fn take_offer(&mut self, by: MemberId, now: Timestamp) -> Option<(Link, String)> {
        let offer = self.offers.remove(&by)?;
        self.touch(Touched::Offer(by));
        self.view_changed = true;
        let (_, own_name, _) = self.to_refound()?;
        Some((Link::parse(&offer.code, now).ok()?, own_name))
    }

    /// The offers that are still good.
    pub(super) fn offer_views(&self, now: Timestamp) -> Vec<OfferView> {
        let offers = self.offers.iter();
        offers
            .filter_map(|(by, offer)| {
                let link = Link::parse(&offer.code, now).ok()?;
                Some(OfferView {
                    by: *by,
                    group_name: link.group_name.clone(),
                    expires: link.expires,
                })
            })
            .collect()
    }
}

/// How long the invites into the new group last.
pub(crate) const OFFER_LIFETIME: u64 = MAX_LIFETIME;
