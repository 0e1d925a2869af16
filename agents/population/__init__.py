"""Populations: ratings, matchmaking, evolution, the chief who keeps them, and what arenas and learners say to it."""

from agents.population.census import Founding, Report, founders
from agents.population.chief import Chief, Match, found
from agents.population.evolution import RANGES, EvolutionRules, draw_hyperparameters
from agents.population.exchange import Exchange, Trajectory, Weights
from agents.population.in_process import InProcessExchange
from agents.population.lineage import Birth, nearest_kept
from agents.population.members import Hyperparameters, Individual, Member, event_weights
from agents.population.strengths import Game, Strengths, bradley_terry, game_of
from agents.population.transitivity import NonTransitivity, non_transitivity

__all__ = [
    "RANGES",
    "Birth",
    "Chief",
    "EvolutionRules",
    "Exchange",
    "Founding",
    "Game",
    "Hyperparameters",
    "InProcessExchange",
    "Individual",
    "Match",
    "Member",
    "NonTransitivity",
    "Report",
    "Strengths",
    "Trajectory",
    "Weights",
    "bradley_terry",
    "draw_hyperparameters",
    "event_weights",
    "found",
    "founders",
    "game_of",
    "nearest_kept",
    "non_transitivity",
]
