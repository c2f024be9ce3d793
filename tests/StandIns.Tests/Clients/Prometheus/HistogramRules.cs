using System.Text.RegularExpressions;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

/// <summary>What must hold between the samples of a histogram.</summary>
internal static partial class HistogramRules
{
    public static void Check(Exposition.Family family, bool openMetrics)
    {
        if (family.Type != "histogram")
        {
            return;
        }

        foreach (var series in family.Samples.GroupBy(SeriesOf, StringComparer.Ordinal))
        {
            var buckets = series.Where(sample => sample.Name == family.Name + "_bucket").ToArray();
            Exposition.Require(buckets.Length > 0, $"no buckets: {series.Key}");
            Exposition.Require(buckets.All(bucket => bucket["le"] is not null), $"bucket without le: {series.Key}");
            var bounds = buckets.Select(bucket => Exposition.Number(bucket["le"]!)).ToArray();
            Exposition.Require(bounds.SequenceEqual(bounds.Distinct().Order()), $"bounds do not rise: {series.Key}");
            Exposition.Require(double.IsPositiveInfinity(bounds[^1]), $"no +Inf bucket: {series.Key}");
            Exposition.Require(buckets.Zip(buckets.Skip(1)).All(pair => pair.First.Value <= pair.Second.Value), $"counts fall: {series.Key}");
            Exposition.Require(!openMetrics || buckets.All(bucket => Canonical().IsMatch(bucket["le"]!)), $"le is not canonical: {series.Key}");
            CheckSumAndCount(family, openMetrics, series, buckets, bounds);
        }
    }

    private static void CheckSumAndCount(
        Exposition.Family family,
        bool openMetrics,
        IGrouping<string, Exposition.Sample> series,
        Exposition.Sample[] buckets,
        double[] bounds)
    {
        var count = series.SingleOrDefault(sample => sample.Name == family.Name + "_count");
        var sum = series.SingleOrDefault(sample => sample.Name == family.Name + "_sum");
        if (openMetrics && bounds.Any(bound => bound < 0))
        {
            Exposition.Require(count is null && sum is null, $"sum or count with negative bounds: {series.Key}");
            return;
        }

        Exposition.Require(count is not null && sum is not null, $"no sum or no count: {series.Key}");
        Exposition.Require(count!.Value.Equals(buckets[^1].Value), $"count is not that of the last bucket: {series.Key}");
    }

    private static string SeriesOf(Exposition.Sample sample)
        => string.Join(",", sample.Labels.Where(label => label.Key != "le").Select(label => $"{label.Key}={label.Value}"));

    // As Go's %g: no more digits than needed, an exponent of two digits from 1e+06 on and below 1e-04, otherwise a point.
    [GeneratedRegex(@"^(\+Inf|-?(\d{1,6}\.(0|\d*[1-9])|\d(\.\d*[1-9])?e[+-]\d{2,3}))$", RegexOptions.CultureInvariant)]
    private static partial Regex Canonical();
}
