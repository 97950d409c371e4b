// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tiles of columns, each updated by one panel after the other and, if it is a panel itself, factored then. Idle threads
// take the next panel if it is free, else the tile that is most behind: panels run ahead as far as the threads allow.
#include "runtime/PanelSchedule.h"
#include "runtime/Memory.h"
#include "runtime/System.h"

namespace tcc::runtime {
namespace {

constexpr double worthSharing = 40000; // nanoseconds
constexpr int64_t columnsAtOnce = 128, panelsAtOnce = 4;

struct Tile {
  int64_t updates; ///< panels that have updated it
  bool isBusy;
};
/// Panel `first` is factored, or tiles [first, last) are updated by panels [from, to).
struct Task {
  int64_t first, last, from, to;
  bool isFactor() const { return from == to; }
};

class Schedule : public SharedWork {
public:
  explicit Schedule(const PanelWork &work)
      : SharedWork{[](SharedWork &work) { return static_cast<Schedule &>(work).hasTask(); },
                   [](SharedWork &work) { static_cast<Schedule &>(work).takePart(); }, true},
        work(work), panels((work.factored + work.width - 1) / work.width),
        wide(panelTile(work.n - work.factored, work.width)),
        tiles(panels + (work.n - work.factored + wide - 1) / wide) {}

  void run() {
    const double cost = work.cost * double(panels) * (double(work.n) - double(work.factored) / 2);
    if (numThreads() == 1 || tiles == 1 || cost < worthSharing || !states.resize(tiles))
      return runAlone();
    for (int64_t tile = 0; tile < tiles; ++tile)
      states[tile] = {0, false};
    work.factor(work.context, 0);
    factored = 1;
    Sharing sharing(*this, numThreads() - 1);
    for (;;) {
      const uint32_t seen = workEpoch();
      if (takePart())
        continue;
      if (isDone())
        return;
      if (!helpLoop())
        waitForWork(seen);
    }
  }

private:
  const PanelWork &work;
  const int64_t panels, wide, tiles;
  Mutex mutex; ///< of what follows
  Scratch<Tile> states;
  int64_t factored = 0; ///< panels
  int64_t finished = 0; ///< tiles behind the panels

  int64_t begin(int64_t tile) const {
    const int64_t column = tile < panels ? tile * work.width : work.factored + (tile - panels) * wide;
    return column < (tile <= panels ? work.factored : work.n) ? column : tile <= panels ? work.factored : work.n;
  }

  /// Each tile takes the updates of all panels while it is in the second-level cache.
  void runAlone() const {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      for (int64_t panel = 0; panel < tile && panel < panels; ++panel)
        work.update(work.context, panel, begin(tile), begin(tile + 1) - begin(tile));
      if (tile < panels)
        work.factor(work.context, tile);
    }
  }

  bool isDone() {
    mutex.lock();
    const bool result = factored == panels && finished == tiles - panels;
    mutex.unlock();
    return result;
  }
  bool hasTask() {
    Task task{};
    mutex.lock();
    const bool result = find(task);
    mutex.unlock();
    return result;
  }
  bool takePart() {
    bool hasTakenPart = false;
    for (Task task{}; claim(task); hasTakenPart = true) {
      if (task.isFactor())
        work.factor(work.context, task.first);
      const int64_t column = begin(task.first), count = begin(task.last) - column;
      for (int64_t panel = task.from; panel < task.to; ++panel)
        work.update(work.context, panel, column, count);
      finish(task);
    }
    return hasTakenPart;
  }

  bool find(Task &task) const {
    const int64_t next = factored;
    auto upTo = [&](int64_t from) { return factored - from < panelsAtOnce ? factored : from + panelsAtOnce; };
    if (next < panels && !states[next].isBusy) {
      const int64_t updates = states[next].updates;
      task = {next, next + 1, updates, upTo(updates)};
      return true;
    }
    int64_t first = -1, available = 0;
    for (int64_t tile = next; tile < tiles; ++tile) {
      const Tile &state = states[tile];
      if (state.isBusy || state.updates == factored)
        continue;
      ++available;
      if (first < 0 || state.updates < states[first].updates)
        first = tile;
    }
    if (first < 0)
      return false;
    const int64_t from = states[first].updates, share = available / (2 * numThreads());
    int64_t last = first + 1;
    while (last < tiles && last != panels && last - first < share && begin(last + 1) - begin(first) <= columnsAtOnce &&
           !states[last].isBusy && states[last].updates == from)
      ++last;
    task = {first, last, from, upTo(from)};
    return true;
  }
  bool claim(Task &task) {
    mutex.lock();
    const bool hasFound = find(task);
    if (hasFound)
      for (int64_t tile = task.first; tile < task.last; ++tile)
        states[tile].isBusy = true;
    mutex.unlock();
    return hasFound;
  }
  void finish(const Task &task) {
    mutex.lock();
    for (int64_t tile = task.first; tile < task.last; ++tile) {
      states[tile] = {task.to, false};
      finished += tile >= panels && task.to == panels;
    }
    factored += task.isFactor();
    const bool isLast = factored == panels && finished == tiles - panels;
    mutex.unlock();
    // Its own thread takes one of the tiles that it has set free.
    if (task.isFactor() || task.last - task.first > 1 || isLast)
      announceWork();
  }
};

} // namespace

void runPanels(const PanelWork &work) { Schedule(work).run(); }

} // namespace tcc::runtime
