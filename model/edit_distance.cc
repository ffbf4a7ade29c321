#include "model/edit_distance.h"

#include <algorithm>
#include <vector>

namespace walferry {

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::vector<std::size_t>> cost(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
    for (std::size_t row = 0; row <= left.size(); ++row) cost[row][0] = row;
    for (std::size_t column = 0; column <= right.size(); ++column) cost[0][column] = column;
    for (std::size_t row = 1; row <= left.size(); ++row) {
        for (std::size_t column = 1; column <= right.size(); ++column) {
            const std::size_t substitution = left[row - 1] == right[column - 1] ? 0 : 1;
            std::size_t best = std::min(cost[row - 1][column], cost[row][column - 1]) + 1;
            best = std::min(best, cost[row - 1][column - 1] + substitution);
            if (row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                left[row - 2] == right[column - 1]) {
                best = std::min(best, cost[row - 2][column - 2] + 1);
            }
            cost[row][column] = best;
        }
    }
    return cost[left.size()][right.size()];
}

}  // namespace walferry
