//! The conformance suite: every store passes exactly these checks. Feature `testing` only.
