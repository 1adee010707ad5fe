// Runs stages in order: the first refusal wins.
#ifndef WARDEN_INTERCEPTORS_CHAIN_H_
#define WARDEN_INTERCEPTORS_CHAIN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "interceptors/stage.h"

namespace warden {

class Metrics;

// A refusal and the stage that made it.
struct ChainRefusal {
  Refusal refusal;
  std::string_view stage;
};

// Thread-safe once made.
class Chain {
 public:
  // `metrics` hears how long each stage took and must outlive the chain.
  Chain(std::vector<std::unique_ptr<Stage>> stages, Metrics* metrics);

  // Goes on at the stage where the call stands. Nothing where no stage refused: then either all
  // have run, or the call is waiting, and Run is to be called again once what it waits for is
  // there; the stage that made it wait runs again. A stage that throws refuses as
  // Reason::kInternal. How long the stages took is measured on a thread's first call and on every
  // kMeasureEvery-th after it: reading the clock would cost more than most stages do.
  static constexpr uint32_t kMeasureEvery = 16;
  std::optional<ChainRefusal> Run(Call& call);

 private:
  // Of the call's next stage, with a measurement or without.
  std::optional<ChainRefusal> RunOne(Call& call);
  std::optional<ChainRefusal> RunMeasured(Call& call);

  std::vector<std::unique_ptr<Stage>> stages_;
  Metrics* const metrics_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CHAIN_H_
