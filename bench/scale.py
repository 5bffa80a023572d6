"""x"""
import argparse
def main():
    from bench.database import kept_database
    with kept_database("o2o_bench_scale") as is_new:
        from bench.filling import fill
        from tests.factories import MerchantFactory
        from o2o.kit import clock
        print(is_new)
        m=MerchantFactory(slug="bench-scale")
        fill(m.pk, orders=1000000, variants=100000, at=clock.now())
main()
