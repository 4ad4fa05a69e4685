#include "app/studio/results/export.h"

#include <QBuffer>
#include <QChart>
#include <QChartView>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace tandem::studio {
namespace {

constexpr int png_scale = 2;

Result<void> write_file(const QByteArray& bytes, const QString& path) {
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit()) {
        return {};
    }
    return Error{.code = "FILE_WRITE",
                 .message = "the file could not be written: " + file.errorString().toStdString(),
                 .where = path.toStdString(),
                 .kind = ErrorKind::io};
}

void draw(QChartView& view, QPainter& painter, const QSize& size) {
    painter.setRenderHint(QPainter::Antialiasing);
    view.render(&painter, QRectF(QPointF(0, 0), QSizeF(size)), view.viewport()->rect());
}

QByteArray to_png(QChartView& view) {
    const QSize size = view.viewport()->size() * png_scale;
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    image.fill(view.palette().color(QPalette::Base));
    QPainter painter(&image);
    draw(view, painter, size);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QByteArray to_svg(QChartView& view) {
    const QSize size = view.viewport()->size();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(0, 0), size));
    generator.setTitle(view.chart()->title());
    QPainter painter(&generator);
    draw(view, painter, size);
    painter.end();
    return bytes;
}

}  // namespace

Result<void> export_chart(QChartView& view, const QString& path) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix != QLatin1String("png") && suffix != QLatin1String("svg")) {
        return Error{.code = "EXPORT_FORMAT",
                     .message = "a chart is exported as .png or .svg, found \"" + suffix.toStdString() + "\"",
                     .where = path.toStdString()};
    }
    return write_file(suffix == QLatin1String("png") ? to_png(view) : to_svg(view), path);
}

Result<void> export_text(const std::string& text, const QString& path) {
    return write_file(QByteArray::fromStdString(text), path);
}

}  // namespace tandem::studio
