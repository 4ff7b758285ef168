CREATE TABLE `stamps` (
  `a` timestamp NULL DEFAULT NULL,
  `b` timestamp NOT NULL DEFAULT current_timestamp(),
  `c` datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),
  `d` timestamp NULL DEFAULT NULL ON UPDATE current_timestamp(),
  `e` datetime DEFAULT '2020-01-01 00:00:00' ON UPDATE current_timestamp()
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci