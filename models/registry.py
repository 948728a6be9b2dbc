"""The one list of forecasters, in the order in which they run: whoever reads what another said stands after it."""

from __future__ import annotations

from models.budget_overrun.model import BudgetOverrun
from models.capacity.model import CapacityForecast
from models.delivery_risk.model import DeliveryRisk
from models.forecast_change.model import ForecastChange
from models.forecaster import Forecaster
from models.portfolio.advice import AllocationAdvice
from models.portfolio.model import PortfolioForecast
from models.portfolio_throughput.model import PortfolioThroughput
from models.schedule_slip.model import ScheduleSlip

FORECASTERS: tuple[Forecaster, ...] = (
    ScheduleSlip(),
    PortfolioThroughput(),
    DeliveryRisk(),
    BudgetOverrun(),
    CapacityForecast(),
    PortfolioForecast(),
    ForecastChange(),
    AllocationAdvice(),
)


def forecaster(model_id: str) -> Forecaster:
    """The registered forecaster of that id."""
    return next(item for item in FORECASTERS if item.model_id == model_id)


def author(ledger_table: str) -> Forecaster:
    """The forecaster whose statements that table of the ledger holds."""
    return next(item for item in FORECASTERS if item.ledger_table == ledger_table)
