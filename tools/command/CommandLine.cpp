// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/command/CommandLine.h"

#include "runtime/OutputFile.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <unistd.h>

namespace tcc::command {

static void printHelp(const Tool &tool) {
  std::cout << "Usage: " << tool.name << " " << tool.synopsis << "\n\n" << tool.about << "\n\nFlags:\n";
  std::vector<Flag> flags = tool.flags;
  flags.push_back({"--help", "", "this text", nullptr});
  flags.push_back({"--version", "", "the version", nullptr});
  size_t width = 0;
  auto left = [](const Flag &flag) {
    return flag.value.empty() ? flag.name : flag.name + (flag.name[1] == '-' ? "=" : " ") + flag.value;
  };
  for (const Flag &flag : flags)
    width = std::max(width, left(flag).size());
  for (const Flag &flag : flags) {
    std::string text = left(flag);
    std::cout << "  " << text << std::string(width - text.size() + 2, ' ');
    for (char c : flag.help)
      std::cout << (c == '\n' ? "\n" + std::string(width + 4, ' ') : std::string(1, c));
    std::cout << "\n";
  }
  if (!tool.epilogue.empty())
    std::cout << "\n" << tool.epilogue << "\n";
  std::cout << "\nExit status: 0 success, 1 a mistake in what was given, 2 not supported, 3 a bug of ours.\n";
}

std::optional<int> parseArguments(const Tool &tool, int argc, char **argv, std::vector<std::string> &positional) {
  auto misuse = [&](const std::string &what) { return report(mistake(tool.name, what + " (see --help)")); };
  bool flagsEnded = false;
  for (int k = 1; k < argc; ++k) {
    std::string argument = argv[k];
    if (flagsEnded || argument.size() < 2 || argument[0] != '-') {
      positional.push_back(argument);
      continue;
    }
    if (argument == "--") {
      flagsEnded = true;
      continue;
    }
    if (argument == "--help" || argument == "-h") {
      printHelp(tool);
      return success;
    }
    if (argument == "--version") {
      std::cout << tool.name << " " << TCC_VERSION << "\n";
      return success;
    }
    size_t equals = argument.find('=');
    std::string name = argument.substr(0, equals);
    auto flag = std::find_if(tool.flags.begin(), tool.flags.end(), [&](const Flag &f) { return f.name == name; });
    if (flag == tool.flags.end())
      return misuse("unknown flag '" + name + "'");
    if (flag->value.empty()) {
      if (equals != argument.npos)
        return misuse("flag '" + name + "' takes no value");
      flag->set("");
      continue;
    }
    if (equals != argument.npos) {
      flag->set(argument.substr(equals + 1));
      continue;
    }
    if (k + 1 == argc)
      return misuse("flag '" + name + "' expects " + flag->value);
    flag->set(argv[++k]);
  }
  return std::nullopt;
}

Failure mistake(const std::string &where, const std::string &what, ExitStatus status) {
  return {status, where + ": error: " + what + "\n"};
}

int report(const Failure &failure) {
  std::cerr << failure.text;
  return failure.status;
}

namespace {

const char *toolName = "";

void onCrash(int signal) {
  runtime::removeTemporaries();
  const char *name = strsignal(signal); // not async-signal-safe, but there is nothing left to lose
  char text[256];
  int length = snprintf(text, sizeof text, "%s: error: internal error (%s)\n", toolName, name ? name : "signal");
  [[maybe_unused]] auto written = write(2, text, size_t(length));
  _exit(internalError);
}

} // namespace

void exitOnCrash(const char *tool) {
  toolName = tool;
  // A stack of its own: the usual crash on hostile input is a stack overflow.
  static char stack[1 << 16];
  stack_t alternative = {};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  sigaltstack(&alternative, nullptr);
  struct sigaction action = {};
  action.sa_handler = onCrash;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    sigaction(signal, &action, nullptr);
}

} // namespace tcc::command
