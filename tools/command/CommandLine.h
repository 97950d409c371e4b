// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What our command-line tools share with their users: flags, --help and --version, exit statuses, error lines.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tcc::command {

enum ExitStatus { success = 0, userError = 1, notSupported = 2, internalError = 3 };

struct Flag {
  std::string name;  ///< "--in" or "-o"
  std::string value; ///< what its value stands for in the help; empty: it takes none
  std::string help;  ///< may have several lines
  std::function<void(const std::string &)> set;
};

struct Tool {
  std::string name;     ///< "tcc-run"
  std::string synopsis; ///< "FILE [FLAGS]"
  std::string about;    ///< the help's text before and after the flags
  std::string epilogue;
  std::vector<Flag> flags;
};

/// Reads the arguments: `--flag=value`, `--flag value` or `-o value` in any order; `positional` gets the others. Gives
/// the status to exit with if there is nothing left to do (help, version, a mistake that has been reported).
std::optional<int> parseArguments(const Tool &tool, int argc, char **argv, std::vector<std::string> &positional);

/// Why something could not be done: lines as they are shown to the user.
struct Failure {
  ExitStatus status = success;
  std::string text;
  explicit operator bool() const { return status != success; }
};
/// `where: error: what`; where is "file:line:col", a file, or the tool's name.
Failure mistake(const std::string &where, const std::string &what, ExitStatus status = userError);

/// Prints a failure on stderr and gives its status back.
int report(const Failure &failure);

/// From here on a crash ends the process with internalError instead of a signal, and leaves no half-written file.
void exitOnCrash(const char *tool);

} // namespace tcc::command
