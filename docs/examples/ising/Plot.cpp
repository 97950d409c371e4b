// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Draws Plot.h's plots. Nothing here knows about tensors.
#include "Plot.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ising {
namespace {

constexpr double width = 760, height = 480, left = 84, right = 24, top = 72, bottom = 64;
// Okabe and Ito's colours, which colour-blind readers tell apart.
constexpr const char *colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"};

std::string escape(const std::string &text) {
  std::string out;
  for (char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

/// One axis: data values to pixels, and where its ticks stand. A logarithmic axis works on log10 of the data.
struct Axis {
  double low = INFINITY, high = -INFINITY, from, to;
  bool logarithmic = false;

  double scaled(double v) const { return logarithmic ? std::log10(v) : v; }
  bool shows(double v) const { return std::isfinite(scaled(v)); }
  void include(double v) {
    if (!shows(v))
      return;
    low = std::min(low, scaled(v));
    high = std::max(high, scaled(v));
  }
  double step() const {
    double raw = (high - low) / 6, power = std::pow(10, std::floor(std::log10(raw)));
    for (double factor : {1.0, 2.0, 5.0})
      if (raw <= factor * power)
        return factor * power;
    return 10 * power;
  }
  /// Widens the range to whole ticks.
  void round() {
    if (!(low < high)) {
      low -= 1;
      high += 1;
    }
    double tick = step();
    if (logarithmic)
      tick = std::max(tick, 1.0);
    low = std::floor(low / tick + 1e-9) * tick;
    high = std::ceil(high / tick - 1e-9) * tick;
  }
  double pixel(double v) const { return from + (scaled(v) - low) / (high - low) * (to - from); }
  std::vector<double> ticks() const {
    double tick = logarithmic ? std::max(1.0, step()) : step();
    std::vector<double> out;
    for (double v = std::ceil(low / tick - 1e-9) * tick; v <= high + 1e-9 * tick; v += tick)
      out.push_back(logarithmic ? std::pow(10, std::round(v)) : std::abs(v) < 1e-9 * tick ? 0 : v);
    return out;
  }
  std::string label(double v) const {
    std::ostringstream out;
    if (logarithmic)
      out << "10<tspan dy=\"-6\" font-size=\"10\">" << int(std::lround(std::log10(v))) << "</tspan>";
    else
      out << v;
    return out.str();
  }
};

} // namespace

void Plot::save(const std::filesystem::path &path) const {
  Axis x{.from = left, .to = width - right}, y{.from = height - bottom, .to = top, .logarithmic = logY};
  for (const Curve &curve : curves) {
    for (double v : curve.x)
      x.include(v);
    for (double v : curve.y)
      y.include(v);
  }
  x.round();
  y.round();

  std::ofstream out(path);
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height
      << "\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"white\"/>\n<text x=\""
      << (left + width - right) / 2 << "\" y=\"28\" text-anchor=\"middle\" font-size=\"16\">" << escape(title)
      << "</text>\n";
  auto line = [&](double x1, double y1, double x2, double y2, const char *style) {
    out << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" " << style << "/>\n";
  };
  auto text = [&](double px, double py, const char *anchor, const std::string &s) {
    out << "<text x=\"" << px << "\" y=\"" << py << "\" text-anchor=\"" << anchor << "\">" << s << "</text>\n";
  };

  const char *grid = "stroke=\"#ddd\"", *frame = "stroke=\"#222\"";
  for (double v : x.ticks()) {
    line(x.pixel(v), top, x.pixel(v), height - bottom, grid);
    text(x.pixel(v), height - bottom + 20, "middle", x.label(v));
  }
  for (double v : y.ticks()) {
    line(left, y.pixel(v), width - right, y.pixel(v), grid);
    text(left - 8, y.pixel(v) + 5, "end", y.label(v));
  }
  line(left, height - bottom, width - right, height - bottom, frame);
  line(left, top, left, height - bottom, frame);
  text((left + width - right) / 2, height - 18, "middle", escape(xLabel));
  out << "<text transform=\"translate(22," << (top + height - bottom) / 2 << ") rotate(-90)\" text-anchor=\"middle\">"
      << escape(yLabel) << "</text>\n";

  const char *dashed = "stroke=\"#888\" stroke-dasharray=\"5 4\"";
  for (double v : verticals)
    line(x.pixel(v), top, x.pixel(v), height - bottom, dashed);
  for (size_t c = 0; c < curves.size(); ++c) {
    const Curve &curve = curves[c];
    std::ostringstream path, circles;
    for (size_t i = 0; i < curve.x.size(); ++i) {
      if (!x.shows(curve.x[i]) || !y.shows(curve.y[i]))
        continue;
      double px = x.pixel(curve.x[i]), py = y.pixel(curve.y[i]);
      path << (path.tellp() == 0 ? 'M' : 'L') << px << ' ' << py << ' ';
      circles << "<circle cx=\"" << px << "\" cy=\"" << py << "\" r=\"2.6\"/>\n";
    }
    if (curve.points)
      out << "<g fill=\"" << colours[c % 4] << "\">\n" << circles.str() << "</g>\n";
    else
      out << "<path d=\"" << path.str() << "\" fill=\"none\" stroke=\"" << colours[c % 4]
          << "\" stroke-width=\"1.8\"/>\n";
  }

  // The legend is a row above the frame, where it hides nothing.
  const size_t entries = curves.size() + !verticals.empty();
  for (size_t e = 0; e < entries; ++e) {
    double px = left + 190.0 * double(e), py = top - 18;
    if (e == curves.size())
      line(px, py, px + 26, py, dashed);
    else if (curves[e].points)
      out << "<circle cx=\"" << px + 13 << "\" cy=\"" << py << "\" r=\"3\" fill=\"" << colours[e % 4] << "\"/>\n";
    else
      line(px, py, px + 26, py, ("stroke-width=\"1.8\" stroke=\"" + std::string(colours[e % 4]) + "\"").c_str());
    text(px + 34, py + 5, "start", escape(e == curves.size() ? verticalLabel : curves[e].label));
  }
  out << "</svg>\n";
  if (!out.flush())
    throw std::runtime_error("cannot write " + path.string());
}

} // namespace ising
