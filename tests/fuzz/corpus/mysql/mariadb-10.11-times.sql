CREATE TABLE `times` (
  `a` date DEFAULT NULL,
  `b` datetime DEFAULT NULL,
  `c` datetime(6) DEFAULT NULL,
  `d` time DEFAULT NULL,
  `e` time(2) DEFAULT NULL,
  `f` year(4) DEFAULT NULL,
  `g` date DEFAULT '2020-01-01',
  `h` datetime DEFAULT '2020-01-01 00:00:00'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci