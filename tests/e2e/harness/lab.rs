//! Houses with routers of their own, a street between them, and a TURN server in it: Linux network namespaces.
//!
//! A namespace lives as long as a process in it, and that one ends with the story. Nothing of the machine's own network is
//! touched. Without root, all of them belong to one user namespace, where the story has all rights.
//!
//! A router keeps two rules that real ones keep, and without which a path between two houses is not what it is outside:
//! what arrives unasked is dropped without a word (an answer would take the mapping that the house is about to need), and
//! only a house begins a conversation.

use super::person::Place;
use super::programs::line_with;
use anyhow::{Context as _, Result, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The relay's address on the street, and that of the bridge that the street is.
const STREET: &str = "203.0.113.1";
/// The TURN server's address.
const TURN: &str = "203.0.113.2";
/// Its port, for UDP and TCP.
const TURN_PORT: u16 = 3478;
/// What TURN server and relay share.
pub(crate) const TURN_SECRET: &str = "only in the laboratory";
/// Routers begin here on the street.
const FIRST_ROUTER: usize = 11;

/// What a router does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Router {
    /// Keeps one outer port for an inner one, whoever is spoken to: what a STUN server sees holds for all.
    Cone,
    /// Takes another outer port for everybody who is spoken to: what a STUN server sees holds for nobody else.
    Symmetric,
    /// Lets TCP through only.
    WithoutUdp,
}

/// The street and everything at it.
pub(crate) struct Lab {
    folder: PathBuf,
    street: Namespace,
    houses: Vec<House>,
    turn: Option<(Namespace, Child)>,
}

/// A house and its router.
struct House {
    name: String,
    router: Namespace,
    inside: Namespace,
}

impl Lab {
    /// A street with nothing at it.
    pub(crate) async fn new(folder: &Path) -> Result<Self> {
        let street = Namespace::first()
            .await
            .context("the kernel gives no network namespace")?;
        street.ip("link set lo up").await?;
        street.ip("link add street type bridge").await?;
        street
            .ip(&format!("addr add {STREET}/24 dev street"))
            .await?;
        street.ip("link set street up").await?;
        Ok(Self {
            folder: folder.to_owned(),
            street,
            houses: Vec::new(),
            turn: None,
        })
    }

    /// The words of a command that runs `program` at the relay's place.
    pub(crate) fn at_the_street(&self, program: &Path) -> Vec<std::ffi::OsString> {
        let words = self.street.entering().into_iter().map(Into::into);
        words.chain([program.into()]).collect()
    }

    /// The relay at `port`, as seen from all houses.
    pub(crate) fn relay(&self, port: u16) -> Result<SocketAddr> {
        Ok(SocketAddr::new(STREET.parse()?, port))
    }

    /// The addresses of the STUN server, which the TURN server also is.
    pub(crate) fn stun_url() -> String {
        format!("stun:{TURN}:{TURN_PORT}")
    }

    /// The addresses of the TURN server.
    pub(crate) fn turn_urls() -> [String; 2] {
        ["udp", "tcp"].map(|way| format!("turn:{TURN}:{TURN_PORT}?transport={way}"))
    }

    /// Starts the TURN server, which also answers as a STUN server.
    pub(crate) async fn start_turn(&mut self) -> Result<()> {
        let place = self.at_street("turn", TURN).await?;
        // Without one, what comes for addresses it relays to does not go out.
        place.ip(&format!("route add default via {STREET}")).await?;
        let mut child = place
            .enter(Path::new("turnserver"))
            .arg("-n")
            .args(["--listening-ip", TURN, "--relay-ip", TURN])
            .args(["--listening-port", &TURN_PORT.to_string()])
            .args(["--use-auth-secret", "--static-auth-secret", TURN_SECRET])
            .args(["--realm", "lab", "--fingerprint"])
            .args(["--no-tls", "--no-dtls", "--no-cli"])
            .args(["--log-file", "stdout", "--verbose"])
            .arg("--pidfile")
            .arg(self.folder.join("turn.pid"))
            .arg("--userdb")
            .arg(self.folder.join("turn.db"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start turnserver (Debian: coturn)")?;
        line_with(&mut child, "UDP listener opened on").await?;
        self.turn = Some((place, child));
        Ok(())
    }

    /// Builds a house behind a router, for a browser that finds the relay at `port`.
    pub(crate) async fn house(&mut self, name: &str, router: Router, port: u16) -> Result<Place> {
        let number = self.houses.len();
        let outer = format!("203.0.113.{}", FIRST_ROUTER + number);
        let [gateway, inner] = [1, 2].map(|last| format!("10.0.{number}.{last}"));
        let router_place = self.at_street(&format!("r{number}"), &outer).await?;
        let inside = self.street.sibling().await?;
        inside.ip("link set lo up").await?;
        inside
            .ip(&format!(
                "link add eth0 type veth peer name house netns {}",
                router_place.pid
            ))
            .await?;
        inside.ip(&format!("addr add {inner}/24 dev eth0")).await?;
        inside.ip("link set eth0 up").await?;
        router_place
            .ip(&format!("addr add {gateway}/24 dev house"))
            .await?;
        router_place.ip("link set house up").await?;
        inside
            .ip(&format!("route add default via {gateway}"))
            .await?;
        route(&router_place, router).await?;

        let script = self.folder.join(format!("chromium-{number}"));
        let enter = inside.entering().join(" ");
        let place = Place::new(script, &enter, Some(self.relay(port)?))?;
        self.houses.push(House {
            name: name.to_owned(),
            router: router_place,
            inside,
        });
        Ok(place)
    }

    /// Pulls the cable out of the computer: it notices.
    pub(crate) async fn unplug(&self, name: &str) -> Result<()> {
        self.house_of(name)?.inside.ip("link set eth0 down").await
    }

    /// Plugs it in again.
    pub(crate) async fn plug_in(&self, name: &str) -> Result<()> {
        let house = self.house_of(name)?;
        house.inside.ip("link set eth0 up").await?;
        // Routes go with the link.
        let number = self.houses.iter().position(|it| it.name == name);
        let number = number.context("no such house")?;
        let route = format!("route replace default via 10.0.{number}.1");
        house.inside.ip(&route).await
    }

    /// The router loses everything, in both directions, and says nothing.
    pub(crate) async fn swallow(&self, name: &str) -> Result<()> {
        let router = &self.house_of(name)?.router;
        router.iptables("-I FORWARD -j DROP").await
    }

    /// The router works again.
    pub(crate) async fn let_through(&self, name: &str) -> Result<()> {
        let router = &self.house_of(name)?.router;
        router.iptables("-D FORWARD -j DROP").await
    }

    fn house_of(&self, name: &str) -> Result<&House> {
        let mut houses = self.houses.iter();
        houses
            .find(|it| it.name == name)
            .with_context(|| format!("{name} has no house"))
    }

    /// A namespace with an address on the street.
    async fn at_street(&self, port: &str, address: &str) -> Result<Namespace> {
        let place = self.street.sibling().await?;
        place.ip("link set lo up").await?;
        self.street
            .ip(&format!(
                "link add {port} type veth peer name street netns {}",
                place.pid
            ))
            .await?;
        self.street
            .ip(&format!("link set {port} master street up"))
            .await?;
        place
            .ip(&format!("addr add {address}/24 dev street"))
            .await?;
        place.ip("link set street up").await?;
        Ok(place)
    }
}

/// Sets a router up.
async fn route(place: &Namespace, router: Router) -> Result<()> {
    place
        .run("sh", &["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
        .await?;
    let masquerade = "-t nat -A POSTROUTING -o street -j MASQUERADE";
    let masquerade = match router {
        Router::Symmetric => format!("{masquerade} --random-fully"),
        Router::Cone | Router::WithoutUdp => masquerade.to_owned(),
    };
    place.iptables(&masquerade).await?;
    place.iptables("-P INPUT DROP").await?;
    place.iptables("-P FORWARD DROP").await?;
    if router == Router::WithoutUdp {
        place.iptables("-A FORWARD -p udp -j DROP").await?;
    }
    place.iptables("-A FORWARD -i house -j ACCEPT").await?;
    place
        .iptables("-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
        .await
}

/// A network of its own, as long as the process in it lives: that one waits for the end of its input.
struct Namespace {
    pid: u32,
    /// It lies in a user namespace, which has to be entered first.
    in_user: bool,
    _holder: Child,
}

impl Namespace {
    /// The first one, and for whoever is not root the user namespace they all belong to.
    async fn first() -> Result<Self> {
        let root = Command::new("id").arg("-u").output().await?.stdout == b"0\n";
        let mut command = Command::new("unshare");
        command.arg("--net");
        if !root {
            command.args(["--user", "--map-root-user"]);
        }
        Self::held(command, !root).await
    }

    /// Another one beside it.
    async fn sibling(&self) -> Result<Self> {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid.to_string()]);
        if self.in_user {
            command.args(["--user", "--preserve-credentials"]);
        } else {
            command.arg("--net");
        }
        command.args(["--", "unshare", "--net"]);
        Self::held(command, self.in_user).await
    }

    async fn held(mut command: Command, in_user: bool) -> Result<Self> {
        let mut holder = command
            .args(["sh", "-c", "echo ready; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        line_with(&mut holder, "ready").await?;
        let pid = holder.id().context("it has ended")?;
        Ok(Self {
            pid,
            in_user,
            _holder: holder,
        })
    }

    /// The words before a command that runs in it.
    fn entering(&self) -> Vec<String> {
        let mut words = vec!["nsenter".to_owned(), format!("--target={}", self.pid)];
        if self.in_user {
            words.extend(["--user", "--preserve-credentials"].map(str::to_owned));
        }
        words.extend(["--net", "--"].map(str::to_owned));
        words
    }

    fn enter(&self, program: &Path) -> Command {
        let words = self.entering();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program);
        command
    }

    async fn ip(&self, words: &str) -> Result<()> {
        let words: Vec<&str> = words.split(' ').collect();
        self.run("ip", &words).await
    }

    async fn iptables(&self, words: &str) -> Result<()> {
        let words: Vec<&str> = words.split(' ').collect();
        self.run("iptables", &words).await
    }

    async fn run(&self, program: &str, words: &[&str]) -> Result<()> {
        let mut command = self.enter(Path::new(program));
        let ended = command.args(words).output().await?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(
            ended.status.success(),
            "{program} {}: {}",
            words.join(" "),
            said.trim()
        );
        Ok(())
    }
}
