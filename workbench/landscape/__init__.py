"""The loss landscape between networks: children of one point, paths, planes, curves, alignment, curvature."""

from workbench.landscape.alignment import align, match, permutations, permute
from workbench.landscape.children import Child, children
from workbench.landscape.curvature import (
    Curvature,
    Prediction,
    curvature,
    curvature_by_layer,
    local_dimension,
    prunable_share,
)
from workbench.landscape.curve import CURVES, Curve, along, curve
from workbench.landscape.eigenvalues import top_eigenvalues
from workbench.landscape.hessian import Hessian, hessian
from workbench.landscape.pairs import Comparison, angle, compare, disagreement, distance, middle, pairs
from workbench.landscape.path import DEFINITIONS, Path, path, path_mask, paths
from workbench.landscape.perturbed import perturbed
from workbench.landscape.plane import plane, random_plane
from workbench.landscape.spectrum import Spectrum, Trace, spectral_density, trace
from workbench.landscape.surface import Mark, Surface, plane_table
