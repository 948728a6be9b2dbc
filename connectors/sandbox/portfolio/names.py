"""Words the simulated portfolio is told in: programmes, projects, people, and the phrases of summaries."""

from __future__ import annotations

PROGRAMMES = (
    "Customer Channels",
    "Core Banking Renewal",
    "Data and Insight",
    "Cloud Foundation",
    "Risk and Compliance",
    "Workplace",
    "Payments",
    "Supply and Logistics",
)

PROJECTS = (
    ("CHAT", "Chat Assistant"), ("LEDG", "General Ledger"), ("LAKE", "Data Lake"), ("LZON", "Landing Zone"),
    ("KYC", "Know Your Customer"), ("HRP", "HR Portal"), ("INST", "Instant Payments"),
    ("WMS", "Warehouse Management"), ("MOB", "Mobile App"), ("LOAN", "Loan Origination"),
    ("CDP", "Customer Data Platform"), ("CICD", "Delivery Pipelines"), ("AML", "Money Laundering Alerts"),
    ("IDM", "Identity and Access"), ("CARD", "Card Issuing"), ("ROUT", "Route Planning"), ("WEB", "Website Relaunch"),
    ("DEPO", "Deposits Migration"), ("REPO", "Regulatory Reporting"), ("OBS", "Observability"),
    ("AUD", "Audit Trail"), ("INTR", "Intranet"), ("MERC", "Merchant Onboarding"), ("FORE", "Demand Planning"),
    ("CRM", "Customer Relations"), ("PRIC", "Pricing Engine"), ("MDM", "Master Data"), ("SECO", "Secrets and Keys"),
    ("GDPR", "Privacy Requests"), ("SERV", "Service Desk"), ("FRAU", "Fraud Scoring"), ("TRAC", "Shipment Tracking"),
    ("LOYL", "Loyalty Scheme"), ("BATC", "Batch Retirement"), ("DASH", "Executive Dashboards"),
    ("DBM", "Database Migration"), ("STRS", "Stress Testing"), ("DOCS", "Document Archive"),
    ("XBOR", "Cross-Border Transfers"), ("PROC", "Procurement Portal"), ("NOTI", "Notification Hub"),
    ("TREA", "Treasury Desk"), ("MLOP", "Model Operations"), ("NETW", "Network Renewal"),
    ("OPRI", "Operational Risk"), ("MEET", "Meeting Rooms"), ("DISP", "Dispute Handling"),
    ("SUPP", "Supplier Portal"),
)  # fmt: skip

FIRST = (
    "Amara", "Bruno", "Chen", "Divya", "Elif", "Farid", "Greta", "Hana", "Ivan", "Jonas", "Kavya", "Lucía",
    "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomás", "Uma", "Viktor", "Wanjiru", "Yusuf", "Zoë",
)  # fmt: skip
LAST = (
    "Adeyemi", "Bauer", "Costa", "Dubois", "Eriksson", "Fischer", "Gupta", "Haddad", "Ito", "Jansen", "Kowalski",
    "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quispe", "Rossi", "Silva", "Tanaka", "Ueda", "Varga", "Wolf",
)  # fmt: skip
ZONES = (
    ("Europe/Berlin", 7), ("Europe/London", 8), ("America/New_York", 12), ("Asia/Kolkata", 4), ("Europe/Madrid", 7),
    ("America/Sao_Paulo", 11),
)  # fmt: skip
"""Time zone of a team, and the UTC hour its working day begins."""

SPONSORS = (
    "Ingrid Halvorsen", "Samuel Osei", "Beatriz Nunes", "Henrik Aalto", "Mei-Ling Chow", "Patrick Doyle",
    "Salma Rahimi", "Georg Steiner", "Adaeze Eze", "Laurent Petit",
)  # fmt: skip

VERBS = ("Add", "Build", "Change", "Connect", "Document", "Extend", "Migrate", "Prepare", "Rework", "Split", "Validate")
THINGS = (
    "address form", "approval step", "audit log", "batch import", "consent page", "customer search", "error page",
    "export file", "fee table", "interface contract", "limit check", "login flow", "message queue", "notification",
    "overview screen", "payment order", "price list", "reporting view", "retry rule", "role model", "settlement run",
    "status page", "test data", "upload", "validation rule", "web service",
)  # fmt: skip
QUALITIES = (
    "for new customers", "for the pilot region", "in the partner interface", "in the mobile view",
    "with four-eyes check", "after the nightly run", "for archived records", "under load", "for the second country",
    "in the admin area",
)  # fmt: skip
FAULTS = (
    "fails", "is empty", "shows the wrong amount", "times out", "loses the last entry", "is shown twice",
    "rejects valid input", "breaks on special characters",
)  # fmt: skip
EPICS = (
    "Foundations", "Interfaces", "First release", "Migration", "Reporting", "Roles and rights", "Operations handover",
    "Second country", "Performance", "Pilot",
)  # fmt: skip
STEPS = ("Analyse", "Design", "Implement", "Test", "Review", "Roll out")
COMPONENTS = ("api", "backend", "frontend", "data", "operations")
LABELS = ("pilot", "audit", "tech-debt", "customer-request", "integration", "performance", "regulatory")

RISKS = (
    ("Key supplier delivers late", "supplier"), ("Test environment is shared and unstable", "technical"),
    ("Regulator changes the specification", "compliance"), ("Loss of a key person", "resource"),
    ("Data quality at cut-over", "technical"), ("Interface partner is not ready", "dependency"),
    ("Budget freeze in the next quarter", "financial"), ("Users reject the new process", "change"),
    ("Licence cost above estimate", "financial"), ("Security test finds blocking faults", "technical"),
)  # fmt: skip
OBJECTIVES = (
    "Grow digital sales", "Retire the mainframe", "Decide on data", "Run safely in the cloud", "Stay within the rules",
    "A workplace people like", "Money in seconds", "Deliver on time", "Enter the second country",
)  # fmt: skip
